// Runs a Node.js handler: `node --require site.cjs node_host.cjs TASK CHANNEL LIFELINE`.
// TASK has the function's files. CHANNEL and LIFELINE are file descriptors: a socket with a JSON object on each line,
// and a pipe that ends with the parent. Errors have the names and texts of Lambda's own runtime:
// https://github.com/aws/aws-lambda-nodejs-runtime-interface-client
"use strict";

const fs = require("fs");
const inspector = require("inspector");
const net = require("net");
const path = require("path");
const readline = require("readline");
const { isAsyncFunction } = require("util").types;
const { pathToFileURL } = require("url");
const { Worker } = require("worker_threads");

const EXTENSIONS = [".js", ".mjs", ".cjs"];
const WEEK = 7 * 24 * 60 * 60 * 1000; // in milliseconds
const UNSETTLED =
  "The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a Promise that " +
  "was never settled.";

const [task, channel, lifeline] = process.argv.slice(2);
const { env } = process;
// A thread of its own, because a handler may block this one for ever.
const END_WITH_PARENT = `
  const { lifeline, folder } = require("worker_threads").workerData;
  const pipe = new (require("net").Socket)({ fd: lifeline, readable: true });
  pipe.on("close", () => {
    require("fs").rmSync(folder, { recursive: true, force: true });
    try {
      process.kill(-process.pid, "SIGKILL"); // and what the handler has started
    } catch {
      process.kill(process.pid, "SIGKILL");
    }
  }).resume();
`;
const socket = new net.Socket({ fd: Number(channel) });
let answer = null; // how the current invocation is answered; null between two

async function main() {
  const workerData = { lifeline: Number(lifeline), folder: path.dirname(task) };
  new Worker(END_WITH_PARENT, { eval: true, execArgv: [], workerData }).unref();
  process.chdir(task);
  process.on("uncaughtException", (error) => fail("Uncaught Exception", described(error)));
  process.on("unhandledRejection", (reason) => {
    const error = { ...described(reason), type: "Runtime.UnhandledPromiseRejection", message: String(reason) };
    fail("Unhandled Promise Rejection", error);
  });
  process.on("beforeExit", () => answer?.atEnd());
  if (env.WORKING_COPY_DEBUGGER) inspector.open(Number(env.WORKING_COPY_DEBUGGER.split(":")[1]), "127.0.0.1", true);
  const lines = readline.createInterface({ input: socket }); // the log takes the request's id from these lines
  const handler = await load(env._HANDLER).catch((error) => fail("Uncaught Exception", initError(error)));
  if (!handler) return;
  send({ ready: true });
  lines.on("line", (line) => invoke(handler, JSON.parse(line)));
  lines.on("close", () => process.exit());
}

function invoke(handler, { event, ctx }) {
  const context = makeContext(ctx);
  let result = null;
  answer = {
    reply(value) {
      let text;
      try {
        text = JSON.stringify(value === undefined ? null : value);
      } catch {
        return this.error(new Error("Unable to stringify response body"));
      }
      finish(this, `{"reply":${text === undefined ? null : text}}`);
    },
    error(error) {
      const { type, message } = log("Invoke Error", described(error));
      finish(this, JSON.stringify({ error: `${type}: ${message}` }));
    },
    // Nothing is left to do, and no promise has settled.
    atEnd() {
      if (isAsyncFunction(handler)) this.error(Object.assign(new Error(UNSETTLED), { name: "Runtime.NodeJsExit" }));
      else this.reply(result);
    },
  };
  const current = answer;
  socket.unref(); // to notice when nothing is left to do
  const callback = (error, value) => {
    if (error) return current.error(error);
    result = value;
    if (!context.callbackWaitsForEmptyEventLoop) current.reply(value);
  };
  try {
    const returned = handler(event, context, callback);
    if (typeof returned?.then === "function") returned.then((v) => current.reply(v), (e) => current.error(e));
  } catch (error) {
    current.error(error);
  }
}

function finish(current, line) {
  if (answer !== current) return; // it is answered already
  answer = null;
  socket.ref();
  socket.write(`${line}\n`);
}

function makeContext({ request_id, deadline }) {
  const name = env.AWS_LAMBDA_FUNCTION_NAME;
  return {
    awsRequestId: request_id,
    callbackWaitsForEmptyEventLoop: true,
    functionName: name,
    functionVersion: "$LATEST",
    invokedFunctionArn: `arn:aws:lambda:${env.AWS_REGION}:${env.WORKING_COPY_ACCOUNT}:function:${name}`,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    // Under a debugger there is no deadline.
    getRemainingTimeInMillis: () => (deadline === null ? WEEK : Math.max(0, Math.floor(deadline * 1000 - Date.now()))),
  };
}

// `src/index.handler` is the export `handler` of src/index.js, .mjs or .cjs.
async function load(name) {
  const [, file, names] = /^(.*?[^/.]*)\.([^/]+)$/.exec(name) || [];
  if (!file) throw named("Runtime.MalformedHandlerName", `Bad handler ${name}`);
  const found = EXTENSIONS.map((extension) => path.join(task, file + extension)).find((one) => fs.existsSync(one));
  if (!found) throw named("Runtime.ImportModuleError", `Error: Cannot find module '${path.basename(file)}'`);
  const module = isEsm(found) ? await import(pathToFileURL(found)) : require(found);
  const handler = names.split(".").reduce((value, key) => value?.[key], module);
  if (typeof handler === "function") return handler;
  const problem = handler ? "is not a function" : "is undefined or not exported";
  throw named("Runtime.HandlerNotFound", `${name} ${problem}`);
}

function isEsm(file) {
  if (!file.endsWith(".js")) return file.endsWith(".mjs");
  for (let folder = path.dirname(file); folder.startsWith(task); folder = path.dirname(folder)) {
    const description = path.join(folder, "package.json");
    if (fs.existsSync(description)) return JSON.parse(fs.readFileSync(description, "utf8")).type === "module";
  }
  return false;
}

function initError(error) {
  const { type, message, stack } = described(error);
  const text = `${type}: ${message}`;
  if (error instanceof SyntaxError) return { type: "Runtime.UserCodeSyntaxError", message: text, stack };
  if (!/^(ERR_)?MODULE_NOT_FOUND$/.test(error?.code)) return { type, message, stack };
  const sdk = " (Lambda's runtime has the AWS SDK installed; here npm must install it in the function's source)";
  const advice = message.includes("'@aws-sdk/") ? sdk : "";
  return { type: "Runtime.ImportModuleError", message: text.split("\n")[0] + advice, stack };
}

function named(name, message) {
  return Object.assign(new Error(message), { name });
}

function described(error) {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error), stack: [] };
  const stack = (error.stack || "").split("\n");
  const own = stack.findIndex((line) => line.includes(__filename));
  return { type: error.name, message: error.message, stack: own > 0 ? stack.slice(0, own) : stack };
}

function log(title, error) {
  const { type, message, stack } = error;
  console.error("%s \t%s", title, JSON.stringify({ errorType: type, errorMessage: message, stack }));
  return error;
}

// The process cannot go on: answer, and end. Without an answer under way, the parent reads that it ended.
function fail(title, error) {
  const { type, message } = log(title, error);
  socket.write(`${JSON.stringify({ error: `${type}: ${message}`, ended: true })}\n`, () => process.exit(1));
}

function send(data) {
  socket.write(`${JSON.stringify(data)}\n`);
}

main();
