"""IAM."""

from typing import ClassVar

from consumers.resource_table.diff_suppress import same_policy
from consumers.resource_table.properties import (
    Properties,
    Property,
    Values,
    as_text,
    from_api,
    listed,
    mapped,
    rfc3339,
    to_api,
)
from consumers.resource_table.resource_type import Aws, ResourceType, gone


class Role(ResourceType):
    """`aws.iam.Role`. Its id is its name."""

    token = "aws:iam/role:Role"
    arn_format = "iam::{account}:role/{name}"
    longest_name = 64
    properties: ClassVar[Properties] = {
        "name": Property("RoleName", force_new=True),
        "namePrefix": Property(force_new=True, unread=True),
        "assumeRolePolicy": Property("AssumeRolePolicyDocument", required=True, same=same_policy),
        "description": Property("Description", reset_value=""),
        "path": Property("Path", default="/", force_new=True),
        "maxSessionDuration": Property("MaxSessionDuration", default=3600),
        "permissionsBoundary": Property("PermissionsBoundary", reset_value=""),
        "tags": Property(),
    }

    def _create(self, aws: Aws, inputs: Values) -> str:
        document = as_text(inputs["assumeRolePolicy"])
        parameters = to_api(self.properties, inputs | {"assumeRolePolicy": document})
        aws.client("iam").create_role(**parameters, Tags=listed(inputs.get("tags", {})))
        return inputs["name"]

    def _read(self, aws: Aws, resource_id: str) -> Values:
        role = aws.client("iam").get_role(RoleName=resource_id)["Role"]
        said = from_api(self.properties, role | {"AssumeRolePolicyDocument": as_text(role["AssumeRolePolicyDocument"])})
        if boundary := said.get("permissionsBoundary"):
            said["permissionsBoundary"] = boundary["PermissionsBoundaryArn"]
        tags = mapped(role.get("Tags", []))
        known = {"arn": role["Arn"], "uniqueId": role["RoleId"], "createDate": rfc3339(role["CreateDate"])}
        return said | known | {"tags": tags}

    def _update(self, aws: Aws, resource_id: str, old: Values, new: Values) -> None:
        iam = aws.client("iam")
        changed = self.changed(old, new)
        if "assumeRolePolicy" in changed:
            document = as_text(changed["assumeRolePolicy"])
            iam.update_assume_role_policy(RoleName=resource_id, PolicyDocument=document)
        if "description" in changed:  # a call of its own: ministack's UpdateRole does not see an empty one
            iam.update_role_description(RoleName=resource_id, Description=changed["description"])
        if "maxSessionDuration" in changed:
            iam.update_role(RoleName=resource_id, MaxSessionDuration=changed["maxSessionDuration"])
        if old.get("permissionsBoundary") and not new.get("permissionsBoundary"):
            iam.delete_role_permissions_boundary(RoleName=resource_id)
        elif "permissionsBoundary" in changed:
            iam.put_role_permissions_boundary(RoleName=resource_id, PermissionsBoundary=new["permissionsBoundary"])

    def _delete(self, aws: Aws, resource_id: str, outputs: Values) -> None:
        aws.client("iam").delete_role(RoleName=resource_id)

    def _tag(self, aws: Aws, resource_id: str, tags: dict[str, str]) -> None:
        aws.client("iam").tag_role(RoleName=resource_id, Tags=listed(tags))

    def _untag(self, aws: Aws, resource_id: str, keys: list[str]) -> None:
        aws.client("iam").untag_role(RoleName=resource_id, TagKeys=keys)


class RolePolicy(ResourceType):
    """`aws.iam.RolePolicy`. Its id is `<role>:<name>`."""

    token = "aws:iam/rolePolicy:RolePolicy"
    properties: ClassVar[Properties] = {
        "name": Property("PolicyName", force_new=True),
        "namePrefix": Property(force_new=True, unread=True),
        "role": Property("RoleName", required=True, force_new=True),
        "policy": Property("PolicyDocument", required=True, same=same_policy),
    }

    def _create(self, aws: Aws, inputs: Values) -> str:
        parameters = to_api(self.properties, inputs | {"policy": as_text(inputs["policy"])})
        aws.client("iam").put_role_policy(**parameters)
        return self.known_id(aws, inputs)

    def _read(self, aws: Aws, resource_id: str) -> Values:
        role, name = resource_id.split(":", 1)
        answer = aws.client("iam").get_role_policy(RoleName=role, PolicyName=name)
        return {"name": name, "role": role, "policy": as_text(answer["PolicyDocument"])}

    def _update(self, aws: Aws, resource_id: str, old: Values, new: Values) -> None:
        role, name = resource_id.split(":", 1)
        document = as_text(new["policy"])
        aws.client("iam").put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=document)

    def _delete(self, aws: Aws, resource_id: str, outputs: Values) -> None:
        role, name = resource_id.split(":", 1)
        aws.client("iam").delete_role_policy(RoleName=role, PolicyName=name)

    def known_id(self, aws: Aws, inputs: Values) -> str:
        return f"{inputs['role']}:{inputs['name']}"


class RolePolicyAttachment(ResourceType):
    """`aws.iam.RolePolicyAttachment`. Its id is `<role>/<ARN of the policy>`."""

    token = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    properties: ClassVar[Properties] = {
        "role": Property("RoleName", required=True, force_new=True),
        "policyArn": Property("PolicyArn", required=True, force_new=True),
    }

    def _create(self, aws: Aws, inputs: Values) -> str:
        aws.client("iam").attach_role_policy(**to_api(self.properties, inputs))
        return self.known_id(aws, inputs)

    def _read(self, aws: Aws, resource_id: str) -> Values:
        role, policy = resource_id.split("/", 1)
        pages = aws.client("iam").get_paginator("list_attached_role_policies").paginate(RoleName=role)
        if policy not in {attached["PolicyArn"] for page in pages for attached in page["AttachedPolicies"]}:
            raise gone("ListAttachedRolePolicies")
        return {"role": role, "policyArn": policy}

    def _update(self, aws: Aws, resource_id: str, old: Values, new: Values) -> None:
        raise NotImplementedError("every property replaces it")

    def _delete(self, aws: Aws, resource_id: str, outputs: Values) -> None:
        role, policy = resource_id.split("/", 1)
        aws.client("iam").detach_role_policy(RoleName=role, PolicyArn=policy)

    def known_id(self, aws: Aws, inputs: Values) -> str:
        return f"{inputs['role']}/{inputs['policyArn']}"
