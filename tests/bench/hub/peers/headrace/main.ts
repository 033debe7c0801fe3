/** The hub without TLS: to measure what TLS costs, and nothing that anybody should run. */
import { jsonLogger } from "../../../../../contracts/logger.ts";
import { readHubConfig } from "../../../../../hub/config.ts";
import { serveHub } from "../../../../../hub/serve.ts";
import { FileDirectory } from "../../../../../hub/story/file_directory.ts";

const config = readHubConfig((name) => Deno.env.get(name));
if (config.storiesFile === undefined) throw new TypeError("HUB_STORIES_FILE is needed");
await serveHub(config, {
  directory: new FileDirectory(await Deno.readTextFile(config.storiesFile)),
  logger: jsonLogger(
    Date.now,
    (line) => Deno.stderr.writeSync(new TextEncoder().encode(line + "\n")),
  ),
  plaintext: true,
});
