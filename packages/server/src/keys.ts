/**
 * API keys. A server holds hashes only: whoever reads its file cannot use it. Keys are 256 random bits, so one round of SHA-256 is enough.
 *
 * @module
 */
import { failure, type HyalineError } from "@hyaline/core/errors";
import { createHash, randomBytes } from "node:crypto";
import { z } from "zod";

/** What a request may do: look, compute, change the server. */
export const scopes = ["read", "explain", "admin"] as const;
export type Scope = (typeof scopes)[number];

const keyRecord = z.strictObject({
  name: z.string().regex(/^[\w.-]{1,64}$/),
  /** SHA-256 of the key, in hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  scopes: z.array(z.enum(scopes)).min(1),
  /** Requests a minute; as many as the server gives everybody where it is not said. */
  perMinute: z.int().positive().optional(),
});
export type KeyRecord = z.infer<typeof keyRecord>;

export const sha256 = (key: string): string => createHash("sha256").update(key).digest("hex");

/** A new key, told once, and what is kept of it. */
export function newKey(of: Omit<KeyRecord, "sha256">): { key: string; record: KeyRecord } {
  const key = `hya_${randomBytes(32).toString("base64url")}`;
  return { key, record: { ...of, sha256: sha256(key) } };
}

/**
 * The keys in a file's text.
 *
 * @param where the file's name, for the message
 * @throws KEYS_INVALID
 */
export function parseKeys(text: string, where: string): KeyRecord[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw keysInvalid(where, "it is not JSON", cause);
  }
  const found = z.strictObject({ keys: z.array(keyRecord) }).safeParse(value);
  if (!found.success) {
    throw keysInvalid(where, found.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "));
  }
  return found.data.keys;
}

const keysInvalid = (where: string, why: string, cause?: unknown): HyalineError =>
  failure({
    code: "KEYS_INVALID",
    message: `Cannot use the keys in "${where}": ${why}`,
    hint: "hyaline keys add writes such a file",
    cause,
  });
