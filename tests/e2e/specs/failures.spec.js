// What stops a server from starting is said in one line that names the thing and what to do.
import { program } from "../support/teahouse.js";
import { expect, test } from "../support/test.js";

test("a data directory that another server holds", async ({ teahouse, run }) => {
  const second = run(program("teahouse"), ["--data", "data", "--listen", "127.0.0.1:0"], { cwd: teahouse.folder });
  expect(await second.ended()).toEqual({ code: 1, signal: null });
  expect(second.out.all).toEqual([]);
  expect(second.errors.all).toHaveLength(1);
  expect(second.errors.all[0]).toMatch(/^teahouse: .*data.*(another|other|use)/);
});
