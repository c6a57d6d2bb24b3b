"""Node.js handlers of the working copy: as Lambda's runtime calls them, with its errors."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from handler_project import NODE, HandlerProject, InBackground, event, free_port
from inspector_client import InspectorClient, targets
from on_local_aws import wait_until

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed on this machine")
PROMISE = "new Promise((resolve) => setTimeout(resolve, 60_000))"


@pytest.fixture
def project(tmp_path: Path) -> HandlerProject:
    return HandlerProject(tmp_path)


HANDLERS = {
    "commonjs": ("index.js", "exports.handler = async (event) => event.Records[0].body"),
    "callback": ("index.cjs", "exports.handler = (event, context, callback) => callback(null, event.Records[0].body)"),
    "late callback": (
        "index.js",
        "exports.handler = (event, context, callback) => { setTimeout(() => callback(null, '7'), 1) }",
    ),
    "module with await": ("index.mjs", "const seven = await Promise.resolve('7'); export const handler = () => seven"),
    "in a folder": ("src/index.js", "exports.handler = async (event) => event.Records[0].body"),
}


@pytest.mark.parametrize(("name", "text"), HANDLERS.values(), ids=HANDLERS)
def test_a_handler_in_any_form_replies(project: HandlerProject, name: str, text: str) -> None:
    project.write({name: text}, **NODE | {"handler": f"{name.partition('.')[0]}.handler"})
    invocation = project.invoke("7")
    assert (invocation.error, invocation.log) == ("", [])
    # A function that returns a value, but no promise, replies nothing.
    assert invocation.reply == (None if "export const" in text else "7")


def test_a_package_of_the_type_module_is_imported(project: HandlerProject) -> None:
    files = {"index.js": "export const handler = async () => import.meta.url.slice(0, 5)"}
    project.write({**files, "package.json": '{"type": "module"}'}, **NODE)
    assert project.invoke("7").reply == "file:"


def test_the_handler_gets_the_context_of_lambda_and_one_process_serves_several_events(project: HandlerProject) -> None:
    text = """
    let count = 0;
    exports.handler = async (event, context) => ({
      count: ++count, id: context.awsRequestId, left: context.getRemainingTimeInMillis(), name: context.functionName,
      memory: context.memoryLimitInMB, arn: context.invokedFunctionArn,
      task: process.cwd() === process.env.LAMBDA_TASK_ROOT,
    });
    """
    project.write({"index.js": text}, timeout=10, **NODE)
    with project.process() as process:
        first, second = (process.invoke(event("7")) for _ in range(2))
    assert (first.reply["count"], second.reply["count"]) == (1, 2)
    assert second.reply["id"] == second.request_id
    assert 0 < second.reply["left"] <= 10_000
    assert (second.reply["name"], second.reply["memory"], second.reply["task"]) == ("orders-working-copy", "128", True)
    assert second.reply["arn"].endswith(":function:orders-working-copy")


def test_the_console_logs_as_on_lambda_before_the_reply(project: HandlerProject) -> None:
    text = """
    exports.handler = async () => {
      for (let n = 0; n < 2000; n++) console.log('line', n);
      setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000)); // nothing is written late
    }
    """
    project.write({"index.js": text}, **NODE)
    slow_at_first = iter([0.5])  # meanwhile the handler writes more than the pipe holds
    with project.process(on_line=lambda line: time.sleep(next(slow_at_first, 0))) as process:
        invocation = process.invoke(event("7"))
    assert [line.split("\t")[1:] for line in invocation.log] == [
        [invocation.request_id, "INFO", f"line {number}"] for number in range(2000)
    ]


ERRORS = {
    "rejects": ("async () => { throw new TypeError('no card') }", "TypeError: no card", "Invoke Error"),
    "throws": ("() => { throw new TypeError('no card') }", "TypeError: no card", "Invoke Error"),
    "calls back": ("(event, context, callback) => callback('no card')", "string: no card", "Invoke Error"),
    "uncaught": (
        f"async () => {{ setTimeout(() => {{ throw new Error('late') }}); await {PROMISE} }}",
        "Error: late",
        "Uncaught Exception",
    ),
    "rejection without await": (
        f"async () => {{ Promise.reject(new Error('late')); await {PROMISE} }}",
        "Runtime.UnhandledPromiseRejection: Error: late",
        "Unhandled Promise Rejection",
    ),
    "no JSON": ("async () => 7n", "Error: Unable to stringify response body", "Invoke Error"),
}


@pytest.mark.parametrize(("function", "error", "title"), ERRORS.values(), ids=ERRORS)
def test_errors_have_the_names_of_lambda_and_the_next_event_is_handled(
    project: HandlerProject, function: str, error: str, title: str
) -> None:
    fine = "exports.handler = (event, ...rest) => (event.Records[0].body === 'fail' ? fails(event, ...rest) : later())"
    text = f"const fails = {function};\nconst later = async () => 'fine';\n{fine}"
    project.write({"index.js": text}, **NODE)
    with project.process() as process:
        failed, next_one = process.invoke(event("fail")), process.invoke(event("7"))
    assert failed.error == error
    (line,) = failed.log
    assert line.split("\t")[1:4] == [failed.request_id, "ERROR", f"{title} "]
    assert "node_host" not in line
    assert (next_one.reply, next_one.error) == ("fine", "")


def test_a_promise_that_never_settles_is_an_error(project: HandlerProject) -> None:
    project.write({"index.js": "exports.handler = async () => new Promise(() => {})"}, **NODE)
    assert project.invoke("7").error.startswith("Runtime.NodeJsExit: The Lambda runtime client detected an unexpected")


def test_a_handler_that_exits_or_never_ends_is_replaced(project: HandlerProject) -> None:
    text = """
    exports.handler = async (event) => {
      console.log("begins");
      if (event.Records[0].body === "exit") process.exit(3);
      while (event.Records[0].body === "loop");
      return "fine";
    };
    """
    project.write({"index.js": text}, timeout=1, **NODE)
    with project.process() as process:
        exited, endless, fine = (process.invoke(event(body)) for body in ("exit", "loop", "7"))
    assert exited.error == "Runtime.ExitError: Runtime exited with error: exit status 3"
    assert endless.error == "Task timed out after 1.00 seconds"
    assert all(len(one.log) == 1 for one in (exited, endless, fine))
    assert fine.reply == "fine"


IMPORTS = {
    "missing": ("require('./nope')", "Runtime.ImportModuleError: Error: Cannot find module './nope'"),
    "syntax": ("(7", "Runtime.UserCodeSyntaxError: SyntaxError: Unexpected end of input"),
    "raises": ("throw new RangeError('no table')", "RangeError: no table"),
    "sdk": (
        "require('@aws-sdk/client-sqs')",
        "Runtime.ImportModuleError: Error: Cannot find module '@aws-sdk/client-sqs' (Lambda's runtime has the AWS SDK "
        "installed; here npm must install it in the function's source)",
    ),
}


@pytest.mark.parametrize(("text", "error"), IMPORTS.values(), ids=IMPORTS)
def test_a_handler_that_cannot_be_imported_says_why(project: HandlerProject, text: str, error: str) -> None:
    project.write({"index.js": f"exports.handler = async () => 1;\n{text}"}, **NODE)
    invocation = project.invoke("7")
    assert (invocation.error, invocation.started) == (error, False)


def test_an_export_that_is_no_function_is_no_handler(project: HandlerProject) -> None:
    project.write({"index.js": "exports.handler = 1"}, **NODE)
    assert project.invoke("7").error == "Runtime.HandlerNotFound: index.handler is not a function"


KILLED = """
import os, sys
from pathlib import Path
from handler_project import HandlerProject, event

with HandlerProject(Path(sys.argv[1])).process(on_line=lambda line: print(line, flush=True)) as process:
    process.invoke(event("7"))
"""


def test_the_process_ends_with_its_parent_in_an_endless_loop(project: HandlerProject) -> None:
    text = "exports.handler = async () => { console.log(process.pid, process.cwd()); while (true); }"
    project.write({"index.js": text}, timeout=60, **NODE)
    parent = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(project.folder)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout
    pid, folder = parent.stdout.readline().split("\t")[-1].split()
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    wait_until(lambda: not Path(f"/proc/{pid}").exists() and not Path(folder).parent.exists())


def test_with_a_debugger_it_waits_and_stops_at_a_breakpoint_in_the_source(project: HandlerProject) -> None:
    text = "exports.handler = async (event) => {\n  const body = event.Records[0].body;\n  return body + body;\n}"
    project.write({"index.js": text}, timeout=1, **NODE)
    port = free_port()
    running = InBackground(project, port, event("7"))
    wait_until(lambda: targets(port))
    with InspectorClient(targets(port)[0]) as editor:
        editor.ask("Runtime.enable")
        editor.ask("Debugger.enable")
        source = (project.folder / "function" / "index.js").as_uri()
        editor.ask("Debugger.setBreakpointByUrl", lineNumber=2, url=source)
        editor.ask("Runtime.runIfWaitingForDebugger")
        frame = editor.event("Debugger.paused")["callFrames"][0]
        assert frame["location"]["lineNumber"] == 2
        value = editor.ask("Debugger.evaluateOnCallFrame", callFrameId=frame["callFrameId"], expression="body")
        assert value["result"]["value"] == "7"
        editor.go_on()
        assert running.result().reply == "77"
