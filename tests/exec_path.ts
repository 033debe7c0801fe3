/** Prints the path of the running Deno, for the `--allow-run` of tests that start the product. */
Deno.stdout.writeSync(new TextEncoder().encode(Deno.execPath()));
