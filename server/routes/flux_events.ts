import type { Context, Handler } from "hono";
import { ContractError } from "../../contracts/contract_error.ts";
import type { FluxEvent, FluxEventAnswer } from "../../contracts/flux_event.ts";
import { parseFluxEvent } from "../../contracts/parse_flux_event.ts";
import type { Principal } from "../access/permissions.ts";
import type { AppContext, Env } from "../app.ts";
import { applyEvent } from "../flux_events/apply_event.ts";
import { objectId } from "../flux_events/object_id.ts";
import { type Place, readPlace } from "../flux_events/place.ts";
import { permit, principalOf, signerOf } from "../http/authorize.ts";
import { HttpError } from "../http/http_error.ts";
import { isDeeperThan } from "../http/json_depth.ts";
import { readBody } from "../http/read_body.ts";
import { bodyFormat, encodeMessage, readJson } from "../http/read_messages.ts";

/**
 * `POST /v1/flux/events?flow=…&region=…`: an event from notification-controller becomes a note on
 * its object's node. Whoever posts has a bearer token, or signs the body with a shared key.
 */
export function postFluxEvents(context: AppContext): Handler<Env> {
  const { router, config, metrics, now } = context;
  return async (c) => {
    const { body, principal } = await signedBody(context, c);
    const { event, place } = readEvent(c, body, context);
    permit(principal, "write", place.flowId);
    const { flowId } = place;
    // From here to the publication nothing waits: no other message comes between.
    const effect = applyEvent(place, event, router.get(flowId)?.state, now());
    const log = effect.result === "applied"
      ? router.publish(flowId, effect.messages.map((message) => encodeMessage(message, config)))
      : router.get(flowId);
    if (effect.result === "applied") metrics.accepted(effect.messages.length, body.length);
    metrics.fluxEvent(effect.result);
    const { seq = 0, epoch = "" } = log ?? {};
    return c.json({ result: effect.result, seq, epoch } satisfies FluxEventAnswer);
  };
}

/**
 * The body and who sent it. A token is looked at before the body is read; a signature can only be
 * afterwards.
 *
 * @throws {HttpError}
 */
async function signedBody(
  { access, config }: AppContext,
  c: Context<Env>,
): Promise<{ body: Uint8Array; principal: Principal }> {
  if (bodyFormat(c.req.header("Content-Type")) !== "json") {
    throw new HttpError(415, "content-type", "send one event as application/json", {
      Accept: "application/json",
    });
  }
  const authorization = c.req.header("Authorization");
  const signature = c.req.header("X-Signature");
  const read = () => readBody(c.env.incoming, config.maxBodyBytes);
  if (access === undefined || signature === undefined || authorization !== undefined) {
    const credentials = { authorization, cookie: undefined };
    return { principal: await principalOf(access, credentials, "write"), body: await read() };
  }
  const body = await read();
  return { body, principal: signerOf(access, signature, body) };
}

/** @throws {HttpError} 400 */
function readEvent(
  c: Context<Env>,
  body: Uint8Array,
  { config: { maxIdLength, maxJsonDepth } }: AppContext,
): { event: FluxEvent; place: Place } {
  const value = readJson(body);
  try {
    if (isDeeperThan(value, maxJsonDepth)) {
      throw new ContractError(`nested deeper than ${maxJsonDepth} levels`);
    }
    const event = parseFluxEvent(value);
    const place = readPlace((name) => c.req.query(name), event);
    if (
      [place.flowId, objectId(place, event.involvedObject)].some((id) => id.length > maxIdLength)
    ) {
      throw new ContractError(
        `flow, region and name make an id of more than ${maxIdLength} characters`,
      );
    }
    return { event, place };
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    throw new HttpError(400, "bad-event", error.message, {}, { cause: error });
  }
}
