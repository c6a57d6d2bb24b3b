"""IAM: roles and their policies."""

from operator import itemgetter
from typing import ClassVar

from consumers.resource_table.diff_suppress import policy_property
from consumers.resource_table.properties import PREFIX, TAG_PAIRS, Properties, Property, Values, as_text, rfc3339
from consumers.resource_table.resource_type import Aws, ResourceType, TagCalls, not_found


class Role(ResourceType):
    """`aws.iam.Role`. Its id is its name."""

    token = "aws:iam/role:Role"
    max_name_length = 64
    service = "iam"
    noun = "role"
    answer_key = "Role"
    tag_calls = TagCalls("RoleName", "", "tag_role", "untag_role")
    properties: ClassVar[Properties] = {
        "name": Property("RoleName", force_new=True),
        "namePrefix": PREFIX,
        "assumeRolePolicy": policy_property("AssumeRolePolicyDocument", required=True),
        "description": Property("Description", reset_value=""),
        "path": Property("Path", default="/", force_new=True),
        "maxSessionDuration": Property("MaxSessionDuration", default=3600),
        "permissionsBoundary": Property(
            "PermissionsBoundary", reset_value="", decode=itemgetter("PermissionsBoundaryArn")
        ),
        "tags": TAG_PAIRS,
    }

    def _computed(self, aws: Aws, resource_id: str, resource: Values) -> Values:
        return {
            "arn": resource["Arn"],
            "uniqueId": resource["RoleId"],
            "createDate": rfc3339(resource["CreateDate"]),
        }

    def _update(self, aws: Aws, resource_id: str, old: Values, new: Values) -> None:
        iam = aws.client("iam")
        changed = self.changed(old, new)
        if "assumeRolePolicy" in changed:
            policy = as_text(changed["assumeRolePolicy"])
            iam.update_assume_role_policy(RoleName=resource_id, PolicyDocument=policy)
        if "description" in changed:  # a call of its own: ministack's UpdateRole ignores an empty one
            iam.update_role_description(RoleName=resource_id, Description=changed["description"])
        if "maxSessionDuration" in changed:
            iam.update_role(RoleName=resource_id, MaxSessionDuration=changed["maxSessionDuration"])
        if old.get("permissionsBoundary") and not new.get("permissionsBoundary"):
            iam.delete_role_permissions_boundary(RoleName=resource_id)
        elif "permissionsBoundary" in changed:
            iam.put_role_permissions_boundary(RoleName=resource_id, PermissionsBoundary=new["permissionsBoundary"])


class RolePolicy(ResourceType):
    """`aws.iam.RolePolicy`. Its id is `<role>:<name>`."""

    token = "aws:iam/rolePolicy:RolePolicy"
    service = "iam"
    noun = "role_policy"
    put_call = "put_role_policy"
    id_properties = ("role", "name")
    id_separator = ":"
    properties: ClassVar[Properties] = {
        "name": Property("PolicyName", force_new=True),
        "namePrefix": PREFIX,
        "role": Property("RoleName", required=True, force_new=True),
        "policy": policy_property("PolicyDocument", required=True),
    }


class RolePolicyAttachment(ResourceType):
    """`aws.iam.RolePolicyAttachment`. Its id is `<role>/<ARN of the policy>`."""

    token = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    service = "iam"
    create_call = "attach_role_policy"
    delete_call = "detach_role_policy"
    id_properties = ("role", "policyArn")
    properties: ClassVar[Properties] = {
        "role": Property("RoleName", required=True, force_new=True),
        "policyArn": Property("PolicyArn", required=True, force_new=True),
    }

    def _read(self, aws: Aws, resource_id: str) -> Values:
        role, policy = self._id_parameters(aws, resource_id).values()
        pages = aws.client("iam").get_paginator("list_attached_role_policies").paginate(RoleName=role)
        if policy not in {attached["PolicyArn"] for page in pages for attached in page["AttachedPolicies"]}:
            raise not_found("ListAttachedRolePolicies")
        return {"role": role, "policyArn": policy}
