// The clock belongs to the server, and this file has one of its own: its tests run in order.
import assert from "node:assert/strict";
import { test } from "node:test";
import { post, signUp } from "./crm.mjs";
import { control, newAccount } from "./leadwire.mjs";

test("every lead of a frozen moment has its date", async () => {
  const account = await newAccount();
  await control("POST", "clock", { freeze: "2030-01-01 09:00:00" });
  await Promise.all([..."abcdefgh"].map((name) => signUp(account, `${name}@example.com`)));
  const { calls } = await account.expect("operation:Lead.Create", 8);
  assert.deepEqual(new Set(calls.map((call) => call.started_at)), new Set(["2030-01-01 09:00:00.000"]));
});

test("a delivery that fails comes again, and a fault loses one", async () => {
  const account = await newAccount();
  const receiver = `receivers/${account.account_id}`;
  const { url } = await control("PUT", receiver, { respond: [{ status: 500 }, { status: 200 }] });
  await post(account, "Webhook.svc/Create", { WebhookEvent: "Lead_Post_Create", URL: url });
  await account.fault({ operation: "webhook:Lead_Post_Create", kind: "reset" });
  await signUp(account, "asha@example.com");
  const moved = await control("POST", "clock", { advance: "2h" });
  assert.equal(moved.complete, true);
  const { deliveries } = await control("GET", `${receiver}/deliveries?wait=2`);
  assert.deepEqual(deliveries.map(({ answered }) => answered), [500, 200]);
});

test("a window of the limit frees when the clock moves", async () => {
  const account = await newAccount({ plan: "lite" });
  const statuses = [];
  for (let number = 0; number < 30; number++) {
    const lead = [{ Attribute: "EmailAddress", Value: `${number}@example.com` }];
    statuses.push((await post(account, "LeadManagement.svc/Lead.Create", lead)).status);
  }
  assert.ok(statuses.includes(429));
  await control("POST", "clock", { advance: "10s" });
  await signUp(account, "asha@example.com");
});
