// The tests of a pretend integration, as its authors would write them.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { signUp } from "./crm.mjs";
import { newAccount } from "./leadwire.mjs";

const FAULTS = [
  // kind, members, calls, what the program throws
  ["status", { status: 503 }, 2, null],
  ["exception", { exception_type: "MXDuplicateEntryException" }, 1, /answered 500/],
  ["rate_limit", {}, 1, /answered 429/],
  ["html", {}, 2, null],
  ["empty", {}, 1, SyntaxError],
  ["delay", { delay_ms: 50 }, 1, null],
  ["hang", {}, 1, { name: "TimeoutError" }],
  ["reset", { when: "after_write" }, 1, /fetch failed/],
  ["close", {}, 1, /fetch failed/],
  ["truncate", { bytes: 9 }, 1, /terminated/],
  ["slow_body", { chunk_ms: 5 }, 1, null],
];

describe("a sign-up", { concurrency: true }, () => {
  for (const [kind, members, count, error] of FAULTS) {
    test(`meets ${kind}`, async () => {
      const account = { ...(await newAccount()), timeout: kind === "hang" ? 1_000 : 30_000 };
      await account.fault({ operation: "Lead.Create", kind, ...members });
      const done = signUp(account, "asha@example.com");
      await (error ? assert.rejects(done, error) : done);
      const { calls } = await account.expect("operation:Lead.Create", count);
      assert.match(calls[0].fault, new RegExp(` ${kind} `));
      assert.match(calls[0].request_body, /asha@example.com/);
    });
  }

  test("fails its test if it is sent twice", async () => {
    const account = await newAccount();
    await signUp(account, "asha@example.com");
    await signUp(account, "ravi@example.com");
    await assert.rejects(account.expect("operation:Lead.Create", 1), /exactly 1 call .* there were 2/);
  });
});
