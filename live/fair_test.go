package live_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"showrunner/live"
)

// seedOf is a seed that only looks random, so that the tests are repeatable.
func seedOf(n int) []byte {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("seed"), uint64(n)))
	return sum[:]
}

// A hundred thousand draws among twenty: each wins as often as the others, as
// first and as one of three. The bounds are those of chi-square with 19 degrees
// of freedom at one in a thousand.
func TestDrawIsFair(t *testing.T) {
	const draws, entrants, winners, bound = 100_000, 20, 3, 43.82
	entries := make([]string, entrants)
	place := map[string]int{}
	for i := range entries {
		entries[i] = live.DrawEntry("d", live.PersonID(fmt.Sprint("v", i)), "n")
		place[entries[i]] = i
	}
	var first, any [entrants]float64
	for n := range draws {
		for i, e := range live.DrawWinners(seedOf(n), "d", entries, winners) {
			any[place[e]]++
			if i == 0 {
				first[place[e]]++
			}
		}
	}
	chi := func(got [entrants]float64, each float64) (x float64) {
		for _, n := range got {
			x += (n - each) * (n - each) / each
		}
		return x
	}
	if x := chi(first, draws/entrants); x > bound {
		t.Errorf("first winners: chi-square %.1f, at most %.1f: %v", x, bound, first)
	}
	// Winners of one draw differ, so the counts scatter less: by (n-k)/(n-1).
	if x := chi(any, draws*winners/entrants) / (float64(entrants-winners) / (entrants - 1)); x > bound {
		t.Errorf("winners: chi-square %.1f, at most %.1f: %v", x, bound, any)
	}
	if x := chi(first, draws/entrants); x < 1 {
		t.Errorf("chi-square %.2f is too good to be chance", x)
	}
}

// The order in which people enter decides nothing, and another set does.
func TestDrawTakesTheSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		entries := rapid.SliceOfNDistinct(rapid.StringMatching(`[0-9a-f]{8}`), 1, 30, rapid.ID).Draw(t, "entries")
		winners := rapid.Int64Range(1, 40).Draw(t, "winners")
		seed := seedOf(rapid.Int().Draw(t, "seed"))
		won := live.DrawWinners(seed, "d", entries, winners)
		mixed := rapid.Permutation(entries).Draw(t, "mixed")
		if again := live.DrawWinners(seed, "d", mixed, winners); !slices.Equal(won, again) || live.EntriesHash(entries) != live.EntriesHash(mixed) {
			t.Fatalf("the order of entries decides: %v, %v", won, again)
		}
		if int64(len(won)) != min(winners, int64(len(entries))) || len(slices.Compact(slices.Sorted(slices.Values(won)))) != len(won) {
			t.Fatalf("%d winners of %d entries: %v", winners, len(entries), won)
		}
		for _, w := range won {
			if !slices.Contains(entries, w) {
				t.Fatalf("%s did not enter", w)
			}
		}
		if live.EntriesHash(append(mixed, "ffffffffff")) == live.EntriesHash(entries) {
			t.Fatal("one more entry has the same hash")
		}
	})
}

func TestNoSeedBeforeItsTime(t *testing.T) {
	for state, told := range map[live.DrawState]bool{live.DrawOpen: false, live.DrawClosed: false, live.DrawDone: true, live.DrawCancelled: true} {
		if got := (live.Draw{State: state, Seed: "s"}).Public().Seed != ""; got != told {
			t.Errorf("%s tells the seed: %v", state, got)
		}
	}
	if (live.RedPacket{Seed: "s"}).Public().Seed != "" {
		t.Error("a red packet that runs tells its seed")
	}
}

// The page that tells everybody how to check a draw has a program that does.
// It is run here, on a draw and a red packet of our own making: two
// implementations that share nothing but the page.
func TestFairnessPage(t *testing.T) {
	page, err := os.ReadFile("../docs/fairness.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(page), "```python\n")
	program, _, end := strings.Cut(rest, "```\n")
	if !ok || !end {
		t.Fatal("docs/fairness.md has no Python program")
	}
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 to run the program of docs/fairness.md: ", err)
	}
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), python, append([]string{"-c", program}, args...)...)
		var out, failed bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &failed
		if err := cmd.Run(); err != nil {
			t.Fatalf("%v: %s", err, failed.String())
		}
		return out.String()
	}
	seed, dir := seedOf(7), t.TempDir()
	entries := make([]string, 500)
	for i := range entries {
		entries[i] = live.DrawEntry("dr_1", live.PersonID(fmt.Sprint("v", i)), fmt.Sprint("nonce", i))
	}
	rules := live.DrawRules{Version: 1, DrawID: "dr_1", Prize: "茶壶 <tea>", Winners: 7, SeedCommit: live.SeedCommit(seed)}
	sorted := slices.Sorted(slices.Values(entries))
	file := func(name, text string) string {
		if err := os.WriteFile(dir+"/"+name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return dir + "/" + name
	}
	d := live.Draw{ID: "dr_1", RulesText: rules.Text()}
	won := live.DrawWinners(seed, "dr_1", entries, 7)
	proof := func(winner string) string {
		return fmt.Sprintf(`{"draw_id":"dr_1","rules":%q,"rule_hash":%q,"seed_commit":%q,"seed":"%x","entries_hash":%q,"winners":["%s"]}`,
			d.RulesText, d.RuleHash(), live.SeedCommit(seed), seed, live.EntriesHash(entries), winner)
	}
	list := file("entries", strings.Join(sorted, "\n")+"\n")
	if got := run("draw", file("good.json", proof(strings.Join(won, `","`))), list); got != "the draw is as it was promised: 7 winners of 500 entries\n" {
		t.Errorf("the program says %q", got)
	}
	swapped := slices.Concat(won[1:], won[:1])
	if out, err := exec.CommandContext(t.Context(), python, "-c", program, "draw", file("bad.json", proof(strings.Join(swapped, `","`))), list).CombinedOutput(); err == nil {
		t.Errorf("other winners pass: %s", out)
	}
	for _, tc := range []struct{ total, count int64 }{{20_000_00, 2000}, {7, 7}, {live.MaxMinor, 3}, {1000, 1}} {
		p := live.RedPacket{ID: "rp_1", Total: tc.total, Count: tc.count, Currency: "CNY", SeedCommit: live.SeedCommit(seed)}
		good := packetProof(p, seed)
		want := fmt.Sprintf("the red packet is as it was promised: %d of %d shares taken, %d of %d\n", tc.count, tc.count, tc.total, tc.total)
		if got := run("packet", file("packet.json", good)); got != want {
			t.Errorf("%d over %d: the program says %q", tc.total, tc.count, got)
		}
		for _, lie := range []*strings.Replacer{
			strings.NewReplacer(`"amount_minor":`, `"amount_minor":1`), strings.NewReplacer(`"entry":"e1"`, `"entry":"e9"`),
			strings.NewReplacer(`"total_minor":`, `"total_minor":1`), strings.NewReplacer(fmt.Sprintf("%x", seed), fmt.Sprintf("%x", seedOf(8))),
		} {
			if out, err := exec.CommandContext(t.Context(), python, "-c", program, "packet", file("bad.json", lie.Replace(good))).CombinedOutput(); err == nil {
				t.Errorf("%d over %d: a lie passes: %s", tc.total, tc.count, out)
			}
		}
	}
}

// packetProof is the proof of a red packet that was taken to the last share.
func packetProof(p live.RedPacket, seed []byte) string {
	var shares []string
	link := p.TermsHash()
	for i, minor := range live.SplitPackets(seed, p.ID, p.Total, p.Count) {
		n, entry := int64(i+1), fmt.Sprint("e", i+1)
		link = live.PacketLink(link, n, minor, entry)
		shares = append(shares, fmt.Sprintf(`{"n":%d,"amount_minor":%d,"entry":%q,"link":%q}`, n, minor, entry, link))
	}
	return fmt.Sprintf(`{"packet_id":%q,"total_minor":%d,"count":%d,"currency":%q,"seed_commit":%q,"terms_hash":%q,"seed":"%x","claimed":%d,"claims_hash":%q,"shares":[%s]}`,
		p.ID, p.Total, p.Count, p.Currency, p.SeedCommit, p.TermsHash(), seed, p.Count, link, strings.Join(shares, ","))
}

func TestSplitPackets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.Int64Range(1, live.MaxPackets).Draw(t, "count")
		total := rapid.Int64Range(count, live.MaxMinor).Draw(t, "total")
		var sum int64
		shares := live.SplitPackets(seedOf(rapid.Int().Draw(t, "seed")), "p", total, count)
		for _, s := range shares {
			if s < 1 {
				t.Fatalf("a share of %d", s)
			}
			sum += s
		}
		if sum != total || int64(len(shares)) != count {
			t.Fatalf("%d shares of %d make %d, want %d of %d", len(shares), count, sum, count, total)
		}
	})
	if live.SplitPackets(seedOf(1), "p", 4, 5) != nil || live.SplitPackets(seedOf(1), "p", 4, 0) != nil {
		t.Error("a split that cannot be")
	}
	// Every place in the line gets the same on the average: 1000, with a
	// deviation of at most 1200 a share, so 12 over ten thousand splits.
	const splits = 10_000
	var mean [10]float64
	for n := range splits {
		for i, s := range live.SplitPackets(seedOf(n), "p", 10_000, 10) {
			mean[i] += float64(s) / splits
		}
	}
	for i, m := range mean {
		if math.Abs(m-1000) > 48 { // four deviations
			t.Errorf("share %d is %.0f on the average, want 1000", i, m)
		}
	}
}
