import type { ServingCertificate } from "./serve_tls.ts";
import type { CertificateFiles } from "./settings.ts";

/** What there is to do when there is no certificate. */
const REMEDY = {
  webhook: "put it where --webhook-cert-path says, or set ENABLE_WEBHOOKS=false",
  metrics: "put it where --metrics-cert-path says, or set --metrics-secure=false",
};

/**
 * Reads the certificate of a server.
 *
 * @throws {Error} naming the file, why it cannot be read, and what to do
 */
export async function readCertificate(
  whose: keyof typeof REMEDY,
  { certPath, certName, keyName }: CertificateFiles,
  readTextFile: (path: string) => Promise<string>,
): Promise<ServingCertificate> {
  const read = async (file: string) => {
    try {
      return await readTextFile(`${certPath}/${file}`);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : cause;
      throw new Error(
        `the certificate of the ${whose}: ${file} cannot be read (${why}): ${REMEDY[whose]}`,
        { cause },
      );
    }
  };
  return { cert: await read(certName), key: await read(keyName) };
}
