import { type GoMethod, GoObject, int } from "../values.ts";
import { formatTime, weekdays } from "./time_layout.ts";
import { MONTHS, partsAt } from "./time_zone.ts";

const NANOSECONDS = 1_000_000_000n;

/** `time.Time`: a moment, seen from a zone. */
export class GoTime extends GoObject {
  readonly type = "time.Time";
  readonly kind = "struct";

  constructor(readonly unixNanoseconds: bigint, readonly zone: string) {
    super();
  }

  static fromSeconds(seconds: bigint, zone: string): GoTime {
    return new GoTime(seconds * NANOSECONDS, zone);
  }

  /** Whole seconds since 1970, rounded down. */
  get seconds(): bigint {
    const { unixNanoseconds: n } = this;
    return n >= 0n ? n / NANOSECONDS : -((-n + NANOSECONDS - 1n) / NANOSECONDS);
  }

  get nanosecond(): number {
    return Number(this.unixNanoseconds - this.seconds * NANOSECONDS);
  }

  in(zone: string): GoTime {
    return new GoTime(this.unixNanoseconds, zone);
  }

  add(nanoseconds: bigint): GoTime {
    return new GoTime(this.unixNanoseconds + nanoseconds, this.zone);
  }

  format(layout: string): string {
    return formatTime(this, layout);
  }

  text(): string {
    return this.format("2006-01-02 15:04:05.999999999 -0700 MST");
  }

  json(): string {
    return `"${this.format("2006-01-02T15:04:05.999999999Z07:00")}"`;
  }

  override method(name: string): GoMethod | undefined {
    const parts = () => partsAt(this.seconds, this.zone);
    const results: Record<string, () => unknown> = {
      Unix: () => int(this.seconds, "int64"),
      UnixMilli: () => int(this.unixNanoseconds / 1_000_000n, "int64"),
      UnixNano: () => int(this.unixNanoseconds, "int64"),
      Year: () => int(parts().year),
      Month: () => MONTHS[parts().month - 1],
      Day: () => int(parts().day),
      Weekday: () => weekdays[parts().weekday],
      YearDay: () => int(parts().yearDay),
      Hour: () => int(parts().hour),
      Minute: () => int(parts().minute),
      Second: () => int(parts().second),
      Nanosecond: () => int(this.nanosecond),
      UTC: () => this.in("UTC"),
      String: () => this.text(),
    };
    if (name === "Format") {
      return { params: ["string"], call: (layout) => this.format(String(layout)) };
    }
    const call = Object.hasOwn(results, name) ? results[name] : undefined;
    return call && { params: [], call };
  }
}
