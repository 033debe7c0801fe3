import { BenchError } from "../errors.ts";
import { EVENT_STREAM, JSON_BODY, type Peer } from "../peer.ts";

const PACKAGE = "libnginx-mod-nchan";
/** Where Debian puts the module. */
const MODULE = "/usr/lib/nginx/modules/ngx_nchan_module.so";

/** nginx with the Nchan module of Debian; it keeps as many messages as our router does. */
export const nchan: Peer = {
  name: "nchan",
  label: "Nchan",
  async prepare({ run }) {
    await run("sh", [new URL("nchan/install.sh", import.meta.url).pathname, MODULE]);
    const version = await run("dpkg-query", ["--show", "--showformat=${Version}", PACKAGE]);
    return {
      version: /\d+(?:\.\d+)+/.exec(version)?.[0] ?? version,
      async command({ hostname, port, folder }) {
        if (!/^[\w./-]+$/.test(folder)) {
          throw new BenchError("unavailable", `nginx cannot keep its files in ${folder}`);
        }
        await Deno.writeTextFile(`${folder}/nginx.conf`, configuration(hostname, port, folder));
        return { program: "nginx", args: ["-p", folder, "-c", `${folder}/nginx.conf`] };
      },
      subscribe: { method: "GET", path: "/stream", headers: EVENT_STREAM },
      resume: {
        method: "GET",
        path: "/stream",
        headers: { ...EVENT_STREAM, "Last-Event-ID": "{id}" },
      },
      publish: (body) => ({ method: "POST", path: "/events", headers: JSON_BODY, body }),
    };
  },
};

/** One worker, since every server here has one core; the rest is what a fast setup would choose. */
function configuration(hostname: string, port: number, folder: string): string {
  return `
load_module ${MODULE};
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr error;
events { worker_connections 65536; multi_accept on; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  keepalive_requests 100000000;
  tcp_nodelay on;
  nchan_shared_memory_size 256M;
  nchan_message_buffer_length 4096;
  nchan_message_timeout 1h;
  server {
    listen ${hostname}:${port} backlog=4096;
    location = /stream {
      nchan_subscriber eventsource;
      nchan_channel_id bench;
      nchan_subscriber_first_message newest;
    }
    location = /events {
      nchan_publisher;
      nchan_channel_id bench;
    }
  }
}
`;
}
