import type { reportConnector } from "../../hub/connector/introspection.ts";
import type { HubReport } from "../../hub/server/introspection.ts";
import { type EdgeReport, Ledger, type StepReport, wayOf } from "../count/ledger.ts";
import { Rates } from "../count/rates.ts";
import type { LocalPlan, PlannedStep } from "../plan/run_plan.ts";
import { Child, type ChildEnd, type ChildLine } from "../process/child.ts";
import { commandChild, denoChild, readTaskFlags, type TaskFlags } from "../process/deno_child.ts";
import { hubEnvironment } from "../process/hub_environment.ts";
import { stepEnvironment } from "../process/step_environment.ts";
import { writeCertificates } from "./certificates.ts";
import { ask } from "./ask.ts";
import { freePorts } from "./free_port.ts";
import { SampleWorker } from "./sample_worker.ts";
import { storiesText } from "./stories_text.ts";
import { windowOf } from "./window.ts";
import { within } from "./within.ts";

export interface LocalRunOptions {
  readonly plan: LocalPlan;
  /** A folder of this user alone, that is removed after the run. */
  readonly folder: string;
  /** Variables that Deno needs in children. */
  readonly cache: Readonly<Record<string, string>>;
  /** Whether to say which processes there are, and what they warn of. */
  readonly verbose: boolean;
  /** Something that a person should know. */
  readonly say: (text: string) => void;
  /** It cannot go on: told once. */
  readonly onFault: (error: Error) => void;
}

/** Whether a step's processes work at the moment. */
export type StepState = "starting" | "running" | "restarting";

/** How long everything may take to come up, in milliseconds. */
const START_MS = 60_000;
const STOP_MS = 4_000;

/** Different faults of packets that are told. */
const MAX_LETTERS = 20;

/**
 * A Story on this machine: the hub and a connector for each engram as processes, the engrams beside
 * them. What dies is started again.
 */
export class LocalRun {
  readonly ledger: Ledger;
  /** How fast edges ({@linkcode wayOf}) and steps, by id, go. */
  readonly rates = new Rates();
  readonly #children = new Map<string, Child>();
  readonly #samples = new Map<string, SampleWorker>();
  readonly #linked = new Set<string>();
  /** Connectors that know what nobody else does, and where they tell it. */
  readonly #askedConnectors = new Map<string, string>();
  readonly #deadLetters = new Set<string>();
  #hub: Child | undefined;
  #hubUrl = "";
  #stopping = false;

  constructor(readonly options: LocalRunOptions) {
    const { plan } = options;
    this.ledger = new Ledger({
      edges: plan.edges,
      steps: plan.steps.filter(({ isPrimitive }) => !isPrimitive)
        .map(({ id, engram }) => ({ id, isSample: engram?.kind === "sample" })),
    });
  }

  /** How often processes were started again, by name. */
  get restarts(): Readonly<Record<string, number>> {
    return Object.fromEntries(
      [...this.#children].filter(([, { restarts }]) => restarts > 0)
        .map(([name, { restarts }]) => [name, restarts]),
    );
  }

  /**
   * Starts everything, generators last.
   *
   * @throws {Error} when something ends for good, or does not come up
   */
  async start(signal: AbortSignal): Promise<void> {
    const { plan, folder } = this.options;
    const flags = await readTaskFlags();
    const engrams = plan.steps.filter(({ isPrimitive }) => !isPrimitive);
    const files = await writeCertificates(folder, {
      namespace: plan.namespace,
      storyRun: plan.storyRun,
      steps: engrams.map(({ id }) => id),
    });
    const stories = `${folder}/stories.yaml`;
    await Deno.writeTextFile(stories, storiesText(plan));
    const [port = 0, httpPort = 0, ...ports] = freePorts(2 + 3 * engrams.length);
    this.#hubUrl = `http://127.0.0.1:${httpPort}`;
    const starts = [
      this.#startHub(flags, hubEnvironment({ port, httpPort, stories, files: files.hub })),
    ];
    const peerPorts = new Map(engrams.map(({ id }, index) => [id, ports[3 * index] ?? 0]));
    for (const [index, step] of engrams.entries()) {
      const stepFiles = files.steps.get(step.id);
      if (stepFiles === undefined) throw new TypeError(`${step.id} has no certificate`);
      const own = ports[3 * index + 1] ?? 0;
      const httpPort = ports[3 * index + 2] ?? 0;
      const isAsked = step.engram?.kind === "command" && step.topology.hasP2pUpstream;
      if (isAsked) this.#askedConnectors.set(step.id, `http://127.0.0.1:${httpPort}`);
      const env = stepEnvironment(plan, step, {
        ...isAsked && { httpPort },
        port: own,
        peerPort: peerPorts.get(step.id) ?? 0,
        // gRPC over TLS dials names.
        hub: `localhost:${port}`,
        peer: (id) => `localhost:${peerPorts.get(id)}`,
        files: stepFiles,
      });
      starts.push(this.#startStep(step, flags, env, `127.0.0.1:${own}`));
    }
    await within(START_MS, signal, Promise.all(starts), () => this.#missing());
    const generators = [...this.#samples.values()].filter(({ isGenerator }) => isGenerator);
    for (const generator of generators) generator.begin();
  }

  /** Brings the counters up to date. */
  async look(): Promise<void> {
    await Promise.all([this.#askHub(), this.#askConnectors()]);
    const edges = this.ledger.edges();
    this.rates.note(
      performance.now(),
      new Map([
        ...edges.map((edge) => [wayOf(edge), edge.delivered ?? edge.sent ?? 0] as const),
        ...this.ledger.steps().map(({ id, sent }) => [id, sent] as const),
      ]),
    );
    for (const [id, sample] of this.#samples) {
      if (!sample.isGenerator) continue;
      const isFull = (edge: EdgeReport) =>
        edge.from === id && (edge.unaccounted ?? 0) > windowOf(this.rates.of(wayOf(edge)));
      sample.hold(edges.some(isFull));
    }
  }

  async #askHub(): Promise<void> {
    const answer = await ask<HubReport>(this.#hub, this.#hubUrl);
    if (answer === undefined) return;
    const { life, report: { streams, deadLetters } } = answer;
    this.ledger.hub(life, streams);
    for (const { source, step, reason, error } of deadLetters) {
      // A template that fails fails for each packet: said once.
      const letter = `packets of ${source} do not reach ${step} (${reason}): ${error}`;
      if (this.#deadLetters.has(letter) || this.#deadLetters.size >= MAX_LETTERS) continue;
      this.#deadLetters.add(letter);
      this.options.say(letter);
    }
  }

  async #askConnectors(): Promise<void> {
    await Promise.all([...this.#askedConnectors].map(async ([step, url]) => {
      const child = this.#children.get(connectorName(step));
      const answer = await ask<ReturnType<typeof reportConnector>>(child, url);
      if (answer === undefined) return;
      this.ledger.connectorGot(step, answer.life, answer.report.inbound.received);
    }));
  }

  edges(): EdgeReport[] {
    return this.ledger.edges();
  }

  steps(): StepReport[] {
    return this.ledger.steps();
  }

  /** How the processes of a step do; a primitive is the hub's. */
  stateOf({ id, isPrimitive, engram }: PlannedStep): StepState {
    const names = isPrimitive
      ? ["hub"]
      : [connectorName(id), ...(engram?.kind === "command" ? [engramName(id)] : [])];
    const children = names.map((name) => this.#children.get(name));
    if (children.every((child) => child?.isReady)) {
      return isPrimitive || this.#linked.has(id) ? "running" : "starting";
    }
    return children.some((child) => (child?.restarts ?? 0) > 0 || child?.isDown)
      ? "restarting"
      : "starting";
  }

  /** Whether every generator has sent all that it is to send. */
  async generated(): Promise<void> {
    const generators = [...this.#samples.values()].filter(({ isGenerator }) => isGenerator);
    // A story of commands alone ends when it is stopped.
    if (generators.length === 0) return new Promise(() => {});
    await Promise.all(generators.map((generator) => generator.finished));
  }

  /** Stops the generators. */
  async stopGenerators(): Promise<void> {
    await Promise.all(
      [...this.#samples.values()].filter(({ isGenerator }) => isGenerator)
        .map((generator) => generator.stop()),
    );
  }

  /** Ends every process. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const sample of this.#samples.values()) sample.close();
    const others = [...this.#children.values()].filter((child) => child !== this.#hub);
    await Promise.all(others.map((child) => child.stop(STOP_MS)));
    await this.#hub?.stop(STOP_MS);
  }

  #startHub(flags: TaskFlags, env: Readonly<Record<string, string>>): Promise<void> {
    const { folder, cache } = this.options;
    const child = this.#child("hub", denoChild("hub", flags, folder, env, cache), {
      isReady: (line) => messageOf(line) === "hub listens",
    });
    this.#hub = child;
    return child.start();
  }

  async #startStep(
    step: PlannedStep,
    flags: TaskFlags,
    env: ReturnType<typeof stepEnvironment>,
    endpoint: string,
  ): Promise<void> {
    const { folder, cache } = this.options;
    const { id, engram } = step;
    const linked = Promise.withResolvers<void>();
    const connector = this.#child(
      connectorName(id),
      denoChild("connector", flags, folder, env.connector, cache),
      {
        isReady: (line) => messageOf(line) === "connector listens",
        onLine: (line) => {
          if (messageOf(line).startsWith("connected to")) {
            this.#linked.add(id);
            linked.resolve();
          }
          if (messageOf(line) === "packets dropped" && typeof line !== "string") {
            this.ledger.connectorDropped(id, line["dropped"] as Record<string, number>);
          }
        },
        onEnd: () => this.#linked.delete(id),
      },
    );
    if (engram?.kind === "sample") {
      this.#samples.set(
        id,
        new SampleWorker(
          id,
          engram.sample,
          (counts) => this.ledger.sample(id, counts),
          this.options.onFault,
        ),
      );
    }
    await connector.start();
    // Ctrl-C may have come meanwhile.
    if (engram?.kind === "command" && !this.#stopping) {
      await this.#child(
        engramName(id),
        commandChild(engram.command, { ...env.engram, ...engram.env }),
        {
          onLine: (line) =>
            this.options.say(`${id}: ${typeof line === "string" ? line : JSON.stringify(line)}`),
        },
      ).start();
    }
    const sendsAgain = step.policies.delivery.semantics === "at_least_once";
    await this.#samples.get(id)?.connect(endpoint, sendsAgain);
    await linked.promise;
  }

  #child(
    name: string,
    start: ReturnType<typeof denoChild>,
    { isReady, onLine, onEnd }: {
      readonly isReady?: (line: ChildLine) => boolean;
      readonly onLine?: (line: ChildLine) => void;
      readonly onEnd?: () => void;
    },
  ): Child {
    const child = new Child({
      ...start,
      name,
      ...(isReady === undefined ? {} : { isReady }),
      onStart: (pid) => {
        if (this.options.verbose) this.options.say(`${name} is process ${pid}`);
      },
      onLine: (line) => {
        onLine?.(line);
        if (this.options.verbose && isWarning(line)) {
          this.options.say(`${name}: ${JSON.stringify(line)}`);
        }
      },
      onEnd: (end) => {
        onEnd?.();
        this.#ended(name, end);
      },
    });
    this.#children.set(name, child);
    return child;
  }

  #ended(name: string, { code, signal, again, lastWords }: ChildEnd): void {
    if (this.#stopping) return;
    const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
    if (again === undefined) {
      this.options.onFault(new Error(`${name} ${how}:\n${lastWords}`));
      return;
    }
    // A signal says it all.
    const words = signal === null && lastWords !== "" ? `:\n${lastWords}` : "";
    this.options.say(`${name} ${how}; it is started again in ${again} ms${words}`);
  }

  /** What did not come up, for people. */
  #missing(): string {
    const children = [...this.#children].filter(([, child]) => !child.isReady).map(([name]) =>
      name
    );
    const links = [...this.#samples.keys()].filter((id) => !this.#linked.has(id))
      .map((id) => `${connectorName(id)}'s connection`);
    return [...children, ...links].join(", ") || "an engram";
  }
}

function connectorName(step: string): string {
  return `connector of ${step}`;
}

function engramName(step: string): string {
  return `engram of ${step}`;
}

function messageOf(line: ChildLine): string {
  return typeof line === "string" ? "" : String(line["msg"] ?? "");
}

function isWarning(line: ChildLine): boolean {
  return typeof line !== "string" && (line["level"] === "WARN" || line["level"] === "ERROR");
}
