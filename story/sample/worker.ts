/// <reference lib="deno.worker" />
/** A built-in engram in a thread of its own, so that it shares neither clock ticks nor pauses. */
import type { Sample } from "../document/engram.ts";
import { type RunningSample, startSample } from "./engram.ts";
import type { SampleCounts } from "./sample_counts.ts";

/** What the runner says. */
export type ToSample =
  | {
    readonly type: "connect";
    readonly step: string;
    readonly endpoint: string;
    readonly sample: Sample;
    readonly sendsAgain: boolean;
  }
  | { readonly type: "begin" }
  | { readonly type: "hold"; readonly on: boolean }
  | { readonly type: "stop" };

/** What the engram says. */
export type FromSample =
  | { readonly type: "counts"; readonly counts: SampleCounts }
  | { readonly type: "connected" }
  | { readonly type: "finished" };

const REPORT_MS = 100;

const scope = self as unknown as {
  onmessage: (event: { readonly data: ToSample }) => void;
  postMessage(message: FromSample): void;
};
let running: RunningSample | undefined;

scope.onmessage = ({ data }) => {
  if (data.type === "connect") {
    const sample = startSample(data);
    running = sample;
    setInterval(() => scope.postMessage({ type: "counts", counts: sample.counts }), REPORT_MS);
    void sample.connected.then(() => scope.postMessage({ type: "connected" }));
    void sample.finished.then(() => {
      // First what was sent: whoever hears of the end may want to add up.
      scope.postMessage({ type: "counts", counts: sample.counts });
      scope.postMessage({ type: "finished" });
    });
  } else if (data.type === "begin") running?.begin();
  else if (data.type === "hold") running?.hold(data.on);
  else running?.stop();
};
