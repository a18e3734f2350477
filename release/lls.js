#!/usr/bin/env node
// The command `lls` of the npm package: starts the program of the package for this platform, which npm installed with
// this one as an optional dependency.
"use strict";

const { spawn } = require("node:child_process");

const platform = `${process.platform}-${process.arch}`;

function program() {
  const { name } = require("./package.json");
  try {
    return require.resolve(`${name}-${platform}/lls`);
  } catch {
    const { optionalDependencies } = require("./package.json");
    if (`${name}-${platform}` in optionalDependencies) {
      console.error(`error: the package ${name}-${platform} is not installed`);
      console.error("hint: install without `--omit=optional` and `--no-optional`");
    } else {
      console.error(`error: there is no build of lls for ${platform}`);
    }
    process.exit(1);
  }
}

const child = spawn(program(), process.argv.slice(2), { stdio: "inherit" });
// The terminal sends SIGINT to both; lls takes a second one for "stop at once", so it is not passed on.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => child.kill("SIGTERM"));
child.on("error", (error) => {
  console.error(`error: cannot start lls: ${error.message}`);
  process.exit(1);
});
child.on("exit", (code, signal) => {
  if (signal) {
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  } else {
    process.exit(code);
  }
});
