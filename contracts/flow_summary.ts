import { z } from "zod";

/** One flow of the list, in a few facts. Times are Unix milliseconds. */
export const flowSummarySchema = z.looseObject({
  id: z.string(),
  status: z.string(),
  epoch: z.string(),
  seq: z.int().min(1).meta({ description: "Last accepted message" }),
  nodes: z.int().min(0),
  relationships: z.int().min(0),
  subscribers: z.int().min(0).meta({ description: "Open streams" }),
  startedAt: z.int(),
  endedAt: z.int().optional(),
  updatedAt: z.int(),
});

/** What `GET /v1/flows` answers: the flows that the reader may see, by id. */
export const flowListSchema = z.looseObject({ flows: z.array(flowSummarySchema) });

/** What a POST of messages answers: the last one's place in the log. */
export const acceptedSchema = z.looseObject({
  seq: z.int().min(1),
  epoch: z.string().meta({ description: "Another one than before: the log was lost; post anew" }),
});

export type FlowSummary = z.output<typeof flowSummarySchema>;
