import { setNonce } from "get-nonce";

// The server puts a nonce into the page for styles that libraries insert while it runs.
export const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";
setNonce(nonce);
