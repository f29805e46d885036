/**
 * A Worker that opens, leases and maps a file, and leaves it so.
 *
 * @module
 */
import { parentPort, workerData } from "node:worker_threads";
import { check, loadLibc } from "../../ffi/mod.ts";

const libc = await loadLibc();
const file = check(libc.open(workerData, { flags: libc.constants.O_RDONLY }), "open");
check(libc.setLease(file, "read"), "lease");
check(libc.setLeaseSignal(file, libc.constants.SIGURG), "choose signal");
check(libc.mmap(file, 4096, { write: false }), "map");
parentPort?.postMessage("ready");
setInterval(() => {}, 1000);
