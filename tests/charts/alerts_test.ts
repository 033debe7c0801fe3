import { parser } from "@prometheus-io/lezer-promql";
import { assert, assertEquals } from "@std/assert";
import { CASES, MONITORING } from "./cases.ts";
import { createHelm, objectsIn } from "./helm.ts";

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly annotations: { readonly summary: string; readonly description: string };
}

/** Where an expression breaks Prometheus' grammar; undefined when it does not. */
function breaksAt(expression: string): string | undefined {
  let broken: string | undefined;
  parser.parse(expression).iterate({
    enter({ type, from, to }) {
      if (type.isError) broken ??= `${from}: ${expression.slice(from, to + 20)}`;
    },
  });
  return broken;
}

Deno.test("the grammar finds what Prometheus would not take", () => {
  assertEquals(breaksAt('sum(rate(a_total{b="c"}[5m])) > 0.1'), undefined);
  for (const wrong of ["sum(rate(a[5m]) > 0", 'a{b="c} > 1', "a >", "rate(a[5q])"]) {
    assert(breaksAt(wrong) !== undefined, wrong);
  }
});

Deno.test("every alert of every chart can be parsed, waits a while and says what to do", async () => {
  await using helm = await createHelm();
  const alerts: Alert[] = [];
  for (const { chart, values, apiVersions = [] } of CASES) {
    if (!apiVersions.includes(MONITORING)) continue;
    const { stdout } = await helm.template(chart, values, { apiVersions });
    for (const rule of objectsIn(stdout).filter(({ kind }) => kind === "PrometheusRule")) {
      const { groups } = rule.spec as { groups: { rules: Alert[] }[] };
      alerts.push(...groups.flatMap(({ rules }) => rules));
    }
  }
  assert(alerts.length >= 10, `${alerts.length} alerts`);
  for (const { alert, expr, for: duration, annotations } of alerts) {
    assertEquals(breaksAt(expr), undefined, alert);
    assert(/^\d+m$/.test(duration), alert);
    assert(annotations.summary.length > 10 && annotations.description.length > 20, alert);
  }
});
