import { assertEquals, assertRejects } from "@std/assert";
import { ObjectWriter } from "../../kube/object_writer.ts";
import { KubeError } from "../../kube/errors.ts";
import { EventRecorder } from "../runtime/event_recorder.ts";
import { TransportReconciler } from "./reconciler.ts";
import { binding, run, story } from "./testing/objects.ts";
import { inTransportWorld } from "./testing/world.ts";

Deno.test("who is not in charge any more stops before the next write, and tells nothing", () =>
  inTransportWorld(async (world) => {
    world.put(run());
    await world.settle(10_000);
    const told = world.events.length;
    // Another process, which has seen all of it and loses the Lease in the middle.
    for (const writesLeft of [0, 1, 3, 5]) {
      const name = `run-${writesLeft + 2}`;
      const requests: string[] = [];
      let left = writesLeft;
      const writer = new ObjectWriter({
        client: {
          fetch: (path) => {
            requests.push(path);
            left--;
            return Promise.resolve(Response.json({ metadata: { name, resourceVersion: "9" } }));
          },
        },
        fieldManager: "tests",
        clock: world.clock,
      });
      const log = () => {};
      const { reconcile } = new TransportReconciler({
        caches: world.caches,
        writer,
        recorder: new EventRecorder({
          writer,
          reportingController: "tests",
          reportingInstance: "two",
          log,
        }),
        log,
        isInCharge: () => left > 0,
        now: () => world.clock.now(),
        hubEndpoint: () => "hub:9000",
        peerHost: () => "peer:50051",
      });
      world.api.refuse(/./, 503, "ServiceUnavailable");
      world.put(
        story(),
        run(name),
        binding("step-a", { run: name }),
        binding("step-b", { run: name }),
      );
      await world.settle(0);
      const { signal } = new AbortController();
      await assertRejects(() => reconcile(`demo/${name}`, signal), KubeError, "not in charge");
      assertEquals(requests.length, writesLeft);
    }
    assertEquals(world.events.length, told);
  }));
