/**
 * A child that holds the writer's lock of a store until it is killed, as Streambed or as RocketMQ
 * takes it.
 *
 * @module
 */
import { join } from "node:path";
import { argv } from "node:process";
import { loadLibc, type LockOwner } from "../../../ffi/mod.ts";

const [root, owner] = argv.slice(2);
const libc = await loadLibc();
const lock = libc.open(join(root, "lock"), { flags: libc.constants.O_RDWR }) as number;
libc.lockRange(lock, "write", 0, 1, owner as LockOwner);
console.log("locked");
setInterval(() => {}, 1000);
