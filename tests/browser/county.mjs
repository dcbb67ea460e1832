// A county and a school's machine for the journeys: the real binaries in a directory of their own, ready by their own word.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
export const binary = (name) => join(process.env.CARGO_TARGET_DIR ?? join(root, "target"), "debug", name);

const freePort = () => new Promise((done) => {
  const server = createServer().listen(0, "127.0.0.1", () => { const { port } = server.address(); server.close(() => done(port)); });
});

/** Starts a daemon; gives it once it says that it is ready. */
async function daemon(program, dir, args) {
  const child = spawn(binary(program), ["--data", dir, "serve", ...args], { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, HUXUE_LOG: "error" } });
  const lines = createInterface({ input: child.stdout });
  const ready = await new Promise((done, fail) => {
    lines.once("line", (line) => done(JSON.parse(line)));
    child.once("exit", (code) => fail(new Error(`${program} ended with ${code}`)));
  });
  const ended = new Promise((done) => child.once("exit", done));
  return { ready, pid: child.pid, stop: async () => { child.kill("SIGKILL"); await ended; } };
}

export class County {
  static async begin() {
    const county = new County();
    county.dir = mkdtempSync(join(tmpdir(), "huxue-browser-"));
    county.quic = `127.0.0.1:${await freePort()}`;
    county.hub(["init", "--county", "529901", "--name", "某某县"]);
    county.hub(["school", "add", "--code", "5299010001", "--name", "石桥镇中心小学", "--stage", "primary"]);
    await county.up();
    return county;
  }

  path(name) { return join(this.dir, name); }

  /** `found`: the command's "done, and something was found" (exit 1: rows refused, say) is no failure. */
  run(program, name, args, found = false) {
    const said = spawnSync(binary(program), ["--data", this.path(name), "--json", ...args], { encoding: "utf8", env: { ...process.env, HUXUE_LOG: "error", HUXUE_LANG: "en" } });
    if (said.status !== 0 && !(found && said.status === 1)) throw new Error(`${program} ${args.join(" ")}: ${said.stderr}`);
    return said.stdout.trim() ? JSON.parse(said.stdout) : null;
  }

  hub(args) { return this.run("huxue-hub", "hub", args); }
  node(name, args, found = false) { return this.run("huxue-node", name, args, found); }
  token() { return this.hub(["enrol", "issue", "--school", "5299010001"]).token; }

  async up() { this.hubDaemon = await daemon("huxue-hub", this.path("hub"), ["--listen-quic", this.quic, "--listen-http", "127.0.0.1:0"]); }
  async down() { await this.hubDaemon.stop(); }

  /** A node's daemon, enrolled or not. */
  async desk(name) {
    const node = await daemon("huxue-node", this.path(name), ["--listen-http", "127.0.0.1:0"]);
    return { url: `http://${node.ready.http}`, ready: node.ready, pid: node.pid, stop: node.stop };
  }

  async end() {
    await this.down();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
