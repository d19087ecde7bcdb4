// The figures of the limits page, brought up to date every two seconds while it is looked at.

const EVERY_MS = 2000;

export function followLimits() {
  const table = document.querySelector("table[data-limits]");
  if (table === null) return;
  setInterval(() => {
    if (!document.hidden) refresh(table);
  }, EVERY_MS);
}

async function refresh(table) {
  let answer;
  try {
    answer = await fetch(table.dataset.limits, { headers: { Accept: "application/json" } });
  } catch {
    return; // the server is away for a moment; the next turn asks again
  }
  if (!answer.ok) return;
  for (const limit of (await answer.json()).limits) {
    const row = table.querySelector(`[data-limit="${limit.name}"]`);
    row.querySelector("[data-used]").textContent = limit.used.toLocaleString("en-US");
    row.querySelector("[data-refused]").textContent = limit.refused.toLocaleString("en-US");
    row.querySelector("meter").value = limit.used;
  }
}
