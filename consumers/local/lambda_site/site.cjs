// Gives the Node.js process of a function the environment and the `console` of AWS.
// Node.js loads this at start-up, because the emulator names it in NODE_OPTIONS. It acts in functions only.
"use strict";

const fs = require("fs");
const readline = require("readline");
const util = require("util");

const LEVELS = { debug: "DEBUG", error: "ERROR", info: "INFO", log: "INFO", trace: "TRACE", warn: "WARN" };
const ORDER = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];

let requestId;

if (process.env.AWS_LAMBDA_FUNCTION_NAME) {
  for (const name of (process.env.LOCAL_AWS_SETTINGS || "").split(",")) delete process.env[name];
  readRequestIds();
  for (const [method, level] of Object.entries(LEVELS)) {
    // https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html
    console[method] = (...values) => write(level, util.format(...values));
  }
}

function write(level, message) {
  const timestamp = new Date().toISOString();
  if (process.env.AWS_LAMBDA_LOG_FORMAT !== "JSON") {
    writeWhole([timestamp, requestId, level, message.replace(/\n/g, "\r")].join("\t") + "\n");
  } else if (ORDER.indexOf(level) >= ORDER.indexOf(process.env.AWS_LAMBDA_LOG_LEVEL)) {
    writeWhole(`${JSON.stringify({ timestamp, level, requestId, message })}\n`);
  }
}

// Lambda's runtime waits too. `process.stderr.write` does not where the pipe is full: the reply overtakes such lines.
function writeWhole(text) {
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(fs.writeSync(process.stderr.fd, rest));
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1); // a millisecond, until there is room
    }
  }
}

// ministack's worker passes the id to the handler only. It reads one line per invocation; read the same line first.
function readRequestIds() {
  const original = readline.createInterface;
  readline.createInterface = (...options) => {
    readline.createInterface = original;
    const lines = original(...options);
    lines.on("line", (line) => {
      requestId = JSON.parse(line).ctx?.request_id;
    });
    return lines;
  };
}
