import assert from "node:assert/strict";
import { test } from "node:test";
import { count, decimal, money, rate, minorOf } from "../assets/money.js";

const digits = { CNY: 2, JPY: 0, KWD: 3 };

test("decimal places the point by digits and loses nothing", () => {
  for (const [minor, places, want] of [
    [0, 2, "0.00"], [5, 2, "0.05"], [-5, 2, "-0.05"], [19900, 2, "199.00"], [-123456, 3, "-123.456"],
    [7, 0, "7"], [-7, 0, "-7"], [900719925474099, 2, "9007199254740.99"], [1, 3, "0.001"],
  ]) assert.equal(decimal(minor, places), want);
});

test("an amount that is no exact integer is not written at all", () => {
  for (const bad of [2 ** 53, 1.5, NaN, "199", null, undefined]) assert.equal(decimal(bad, 2), null, String(bad));
  assert.equal(money(2 ** 53, "CNY", digits, "en-GB"), "—");
});

test("money shows every digit of the largest amount", () => {
  assert.equal(money(900719925474099, "CNY", digits, "zh-CN").replace(/[^\d.]/g, ""), "9007199254740.99");
  assert.equal(money(1299000, "CNY", digits, "zh-CN"), "¥12,990.00");
  assert.equal(money(1500, "JPY", digits, "en-GB"), "¥1,500");
  assert.equal(money(-1005, "KWD", digits, "en-GB").replace(/[^\d.-]/g, ""), "-1.005");
});

test("a currency the server does not know is a dash, not a guess", () => {
  assert.equal(money(100, "XXX", digits, "en-GB"), "—");
});

test("a rate of nothing is unknown and not zero", () => {
  assert.equal(rate({ numerator: 0, denominator: 0, value: null }, "en-GB"), "—");
  assert.equal(rate({ numerator: 0, denominator: 7, value: 0 }, "en-GB"), "0.0%");
  assert.equal(rate({ numerator: 1, denominator: 8, value: 0.125 }, "en-GB"), "12.5%");
  assert.equal(rate(undefined, "en-GB"), "—");
});

test("count groups thousands", () => {
  assert.equal(count(1234567, "en-GB"), "1,234,567");
  assert.equal(count(undefined, "en-GB"), "—");
});

test("what a person types becomes minor units, or nothing", () => {
  for (const [text, digits, want] of [
    ["12.34", 2, 1234], ["12", 2, 1200], [" 0,5 ", 2, 50], ["0", 2, 0], ["7", 0, 7], ["1.234", 3, 1234],
    ["12.345", 2, null], ["7.0", 0, null], ["-1", 2, null], ["", 2, null], ["1e3", 2, null], ["1,234.50", 2, null], ["12", undefined, null],
    ["9999999999999", 2, null], ["999999999999", 6, null],
  ]) assert.equal(minorOf(text, digits), want, `${text} with ${digits}`);
});
