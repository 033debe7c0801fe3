import { type Authority, createKeys } from "./x509.ts";

/** Paths of the files that kube-apiserver reads at its start. */
export interface ServerFiles {
  readonly ca: string;
  /** Serving certificate and key. */
  readonly certificate: string;
  readonly key: string;
  /** Keys that sign and check ServiceAccount tokens. */
  readonly accountPrivateKey: string;
  readonly accountPublicKey: string;
}

/** Makes the API server's certificate and token keys and writes them into `folder`. */
export async function writeServerFiles(folder: string, authority: Authority): Promise<ServerFiles> {
  const serving = authority.issue({
    commonName: "kube-apiserver",
    usage: "server",
    dnsNames: ["localhost", "kubernetes", "kubernetes.default.svc"],
    addresses: ["127.0.0.1"],
  });
  const account = createKeys();
  const write = async (name: string, text: string) => {
    const path = `${folder}/${name}`;
    await Deno.writeTextFile(path, text, { mode: 0o600 });
    return path;
  };
  return {
    ca: await write("ca.crt", authority.certificate),
    certificate: await write("server.crt", serving.certificate),
    key: await write("server.key", serving.key),
    accountPrivateKey: await write("account.key", account.private),
    accountPublicKey: await write("account.pub", account.public),
  };
}
