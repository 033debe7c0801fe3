import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { FlowNode, Relationship } from "../../../contracts/flow.ts";
import { mapOf } from "../testing/maps.ts";
import { node, PALETTE } from "../testing/rows.ts";
import { shapesOf } from "./edge_path.ts";
import { toSvg } from "./picture_svg.ts";

function svgOf(nodes: FlowNode[], relationships: Relationship[] = []): string {
  const { graph, layout } = mapOf(nodes, relationships);
  const marks = { forward: undefined, hits: [], filtering: false, blocked: new Set<string>() };
  return toSvg({ graph, layout, marks, palette: PALETTE, shapes: shapesOf(layout), now: 0 });
}

const count = (svg: string, part: string) => svg.split(part).length - 1;

Deno.test("the picture has a box a node, a line an edge, a band a lane, and all their words", () => {
  const svg = svgOf(
    [
      node("vault", "failed", { region: "fsn1", meta: { reason: "InstallFailed" } }),
      node("harbor", "pending", { region: "fsn1" }),
    ],
    [{ fromId: "vault", toId: "harbor", type: "finish-to-start", lag: 30 }],
  );
  assertEquals([count(svg, "<g>"), count(svg, "<path"), count(svg, "<rect")], [2, 1, 4]);
  for (const words of ["vault", "InstallFailed", "harbor", "fsn1", "+30s"]) {
    assertStringIncludes(svg, `>${words}</text>`);
  }
  assertStringIncludes(svg, `stroke="${PALETTE.failed}"`);
});

Deno.test("whatever a flow says is text, and characters that XML does not have are left out", () => {
  const svg = svgOf([node("x", "running", { label: `"><script>\u0007&` })]);
  assert(!svg.includes("<script"));
  assertStringIncludes(svg, "&#34;&#62;&#60;script&#62;&#38;");
  assert(!svg.includes("\u0007"));
});

Deno.test("a picture of nothing is a picture", () => {
  assertStringIncludes(svgOf([]), "</svg>");
});
