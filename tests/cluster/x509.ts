/** The certificates of tests are made by what makes those of a local story. */
export * from "../../story/certificates/x509.ts";
