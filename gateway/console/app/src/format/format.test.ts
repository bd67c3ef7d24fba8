import { describe, expect, it } from "vitest";
import { decimal, minorOf, money, tick } from "./money";
import { clock, count, countTick, dayOf, duration, instant, moment, rate, span } from "./number";

const digits = { CNY: 2, JPY: 0, KWD: 3 };

describe("money", () => {
  it.each([
    [1299000, "CNY", "en", "¥12,990.00"], [-5, "CNY", "en", "-¥0.05"], [0, "JPY", "en", "¥0"], [1234567, "KWD", "en", "KWD 1,234.567"],
    [9007199254740991, "CNY", "zh-CN", "¥90,071,992,547,409.91"], [123456789012345678901n, "CNY", "en", "¥1,234,567,890,123,456,789.01"],
  ])("writes %s %s in %s", (minor, currency, locale, want) => {
    expect(money(minor, currency, digits, locale).replace(/\u00a0/g, " ")).toBe(want);
  });
  it.each([[0.5, "CNY"], [2 ** 53, "CNY"], [1, "XXX"], [undefined, "CNY"], [null, "CNY"]])("does not guess at %s %s", (minor, currency) => {
    expect(money(minor, currency, digits, "en")).toBe("—");
  });
  it("reads what it writes", () => {
    for (const places of [0, 2, 3]) {
      for (const minor of [0, 1, 99, 100, 1001, 123456789]) expect(minorOf(decimal(minor, places), places)).toBe(minor);
    }
  });
  it.each(["", "1.234", "-1", "1e3", "1,2,3", "9999999999999"])("does not read %j as an amount", (text) => {
    expect(minorOf(text, 2)).toBeNull();
  });
});

describe("axes", () => {
  it.each([[0, "CNY", "en", "¥0"], [30000, "CNY", "en", "¥300"], [1234567, "CNY", "en", "¥12.3K"], [1234567, "CNY", "zh-CN", "¥1.2万"], [123400, "CNY", "zh-CN", "¥1,234"], [1500, "JPY", "en", "¥1.5K"], [100, "XXX", "en", "—"], [Number.NaN, "CNY", "en", "—"]])("shortens %d %s in %s", (minor, currency, locale, want) => {
    expect(tick(minor, currency, digits, locale)).toBe(want);
  });
  it("shortens counts", () => {
    expect([countTick(950, "en"), countTick(12_345, "en"), countTick(12_345, "zh-CN"), countTick(5000, "zh-CN")]).toEqual(["950", "12.3K", "1.2万", "5,000"]);
  });
});

describe("numbers", () => {
  it("knows what it does not know", () => {
    expect([count(undefined, "en"), count(1.5, "en"), rate({ numerator: 0, denominator: 0 }, "en"), rate(undefined, "en"), clock("x", "en")]).toEqual(["—", "—", "—", "—", ""]);
  });
  it("writes rates with one digit", () => {
    expect(rate({ numerator: 1, denominator: 8 }, "en")).toBe("12.5%");
  });
  it.each([[-5, "0:00"], [59_999, "0:59"], [61_000, "1:01"], [600_000, "10:00"], [3_661_000, "1:01:01"]])("writes %d ms", (ms, want) => {
    expect(span(ms)).toBe(want);
  });
  it.each<[number, string, string, boolean?]>([
    [-5, "en", "0s"], [400, "en", "0.4s", true], [400, "en", "0s"], [9_940, "zh-CN", "9.9秒", true], [59_999, "en", "59s"], [65_000, "en", "1m 5s"], [65_000, "zh-CN", "1分钟5秒"], [600_000, "en", "10m 0s"],
    [3_661_000, "en", "1h 1m"], [3_661_000, "zh-CN", "1小时1分钟"], [172_799_000, "en", "47h 59m"], [216_000_000, "en", "2.5 days"], [216_000_000, "zh-CN", "2.5天"],
  ])("says of %d ms in %s how long they are", (ms, locale, want, fine) => {
    expect(duration(ms, locale, fine)).toBe(want);
  });
  it("tells the time of the zone", () => {
    expect(clock("2026-03-06T12:01:02.003Z", "en", "Asia/Shanghai")).toBe("20:01:02");
  });
  it.each(["en", "zh-CN"])("begins a day at 00 in %s", (locale) => {
    expect([clock("2026-03-06T16:05:02Z", locale, "Asia/Shanghai"), moment("2026-03-06T16:05:02Z", locale, "Asia/Shanghai")]).toEqual(["00:05:02", expect.stringMatching(/ 00:05$/)]);
  });
  it.each([
    ["2026-11-11T16:05:00Z", "en", "Nov 12, 00:05"], ["2026-11-11T16:05:00Z", "zh-CN", "11/12 00:05"], ["2025-11-11T12:00:00Z", "en", "Nov 11, 2025, 20:00"], ["2025-11-11T12:00:00Z", "zh-CN", "2025/11/11 20:00"],
    ["2025-12-31T16:30:00Z", "en", "Jan 01, 00:30"], [undefined, "en", ""],
  ])("tells the day of %s in %s", (at, locale, want) => {
    expect(moment(at, locale, "Asia/Shanghai", Date.parse("2026-11-23T00:00:00Z"))).toBe(want);
  });
  it.each([["en", "Nov 23", "Nov 24"], ["zh-CN", "11/23", "11/24"]])("tells two days of one month apart in %s", (locale, one, other) => {
    expect([dayOf("2026-11-22T16:00:00Z", locale, "Asia/Shanghai"), dayOf("2026-11-23T16:00:00Z", locale, "Asia/Shanghai"), dayOf("", locale)]).toEqual([one, other, ""]);
  });
  it("tells seconds and begins the day with 00", () => {
    expect([instant("2026-11-11T16:00:07Z", "en", "Asia/Shanghai"), instant("2026-11-11T16:00:07Z", "zh-CN", "Asia/Shanghai"), clock("2026-11-11T16:00:07Z", "en", "Asia/Shanghai")]).toEqual(["Nov 12, 00:00:07", "11/12 00:00:07", "00:00:07"]);
  });
});
