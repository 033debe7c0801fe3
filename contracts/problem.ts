import { z } from "zod";

/** The media type of a {@linkcode Problem} (RFC 9457 §3). */
export const PROBLEM_MEDIA_TYPE = "application/problem+json";

/** What an error answer says (RFC 9457 §3.1). */
export const problemSchema = z.looseObject({
  type: z.string().meta({ description: "URI reference that names the kind of problem" }),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
});

export type Problem = z.output<typeof problemSchema>;
