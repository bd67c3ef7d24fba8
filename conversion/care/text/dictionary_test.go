package text

import (
	"cmp"
	"flag"
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

var update = flag.Bool("update", false, "write the files under data anew")

// same compares a generated file with the one that ships, or writes it.
func same(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s is not what it is made of: run this test with -update and read the difference", path)
	}
}

// entry is a word of the library's dictionary.
type entry struct {
	word, pos string
	count     float64
}

// library reads a dictionary of the segmenter's module, which this package ships
// a part of.
func library(t *testing.T, name string) []entry {
	t.Helper()
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/go-ego/gse").Output()
	if err != nil {
		t.Skipf("no source of the segmenter's module to compare with: %v", err)
	}
	file, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "data", "dict", "zh", name))
	if err != nil {
		t.Skipf("no dictionary of the segmenter's module to compare with: %v", err)
	}
	var entries []entry
	for line := range strings.Lines(string(file)) {
		if f := strings.Fields(line); len(f) == 3 {
			count, err := strconv.ParseFloat(f[1], 64)
			if err != nil {
				t.Fatal(err)
			}
			entries = append(entries, entry{f[0], f[2], count})
		}
	}
	return entries
}

// TestDictionary makes data/dictionary.txt of the library's simplified
// dictionary: 5 MB with names of persons and places that nobody says in a shop.
// Words of one or two characters stay from a count of 3, longer ones from 10,
// names from twenty times that, none of more than four characters.
func TestDictionary(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Made by go test ./conversion/care/text -run Dictionary -update from the dictionary of github.com/go-ego/gse (Apache-2.0), which is jieba's (MIT).\n")
	for _, e := range library(t, "s_1.txt") {
		length := utf8.RuneCountInString(e.word)
		least := 10.0
		if length <= 2 {
			least = 3
		}
		switch e.pos {
		case "nr", "nrt", "nrfg", "ns", "nt", "nz":
			// 谢谢 and 熊猫 count as names there.
			least *= 20
		}
		if e.count >= least && length <= 4 && e.word[0] >= utf8.RuneSelf {
			fmt.Fprintf(&b, "%s %.0f\n", e.word, e.count)
		}
	}
	same(t, "data/dictionary.txt", b.String())
}

// TestSimplified makes data/simplified.txt of the library's two dictionaries,
// which have the same words with the same counts in both scripts: a character
// that stands where another stands in the other script, in three words or more
// and in four of five cases, is its counterpart.
func TestSimplified(t *testing.T) {
	type kin struct {
		count  float64
		pos    string
		length int
	}
	// What stands in a word with one character left out; ambiguous for two.
	const ambiguous = "?"
	holes := map[uint64]string{}
	unique := map[kin][]string{}
	key := func(e entry) kin { return kin{e.count, e.pos, utf8.RuneCountInString(e.word)} }
	each := func(e entry, word string, visit func(hole uint64, char string)) {
		count := strconv.Itoa(int(e.count))
		for i, r := range word {
			end := i + utf8.RuneLen(r)
			h := fnv.New64a()
			h.Write([]byte(count + word[:i] + "_" + word[end:]))
			visit(h.Sum64(), word[i:end])
		}
	}
	for _, e := range library(t, "s_1.txt") {
		unique[key(e)] = append(unique[key(e)], e.word)
		each(e, e.word, func(hole uint64, char string) {
			if holes[hole] != "" {
				char = ambiguous
			}
			holes[hole] = char
		})
	}
	traditional := library(t, "t_1.txt")
	votes := map[rune]map[string]int{}
	vote := func(from rune, to string) {
		if votes[from] == nil {
			votes[from] = map[string]int{}
		}
		votes[from][to]++
	}
	for _, e := range traditional {
		if words := unique[key(e)]; len(words) == 1 {
			to := []rune(words[0])
			for i, from := range []rune(e.word) {
				vote(from, string(to[i]))
			}
		}
	}
	var pairs []string
	for range 3 {
		best := map[rune]string{}
		pairs = nil
		for from, tos := range votes {
			sum, top := 0, ""
			for to, n := range tos {
				sum += n
				if top == "" || cmp.Or(cmp.Compare(n, tos[top]), strings.Compare(top, to)) > 0 {
					top = to
				}
			}
			best[from] = top
			if top != string(from) && tos[top] >= 3 && tos[top]*5 >= sum*4 {
				pairs = append(pairs, string(from)+top)
			}
		}
		votes = map[rune]map[string]int{}
		for _, e := range traditional {
			var simple strings.Builder
			for _, r := range e.word {
				simple.WriteString(cmp.Or(best[r], string(r)))
			}
			i := 0
			chars := []rune(e.word)
			each(e, simple.String(), func(hole uint64, _ string) {
				if char := holes[hole]; char != "" && char != ambiguous {
					vote(chars[i], char)
				}
				i++
			})
		}
	}
	// 裡 is written 裏 in that dictionary, 妳 and 祂 nowhere.
	pairs = append(pairs, "裡里", "妳你")
	slices.Sort(pairs)
	same(t, "data/simplified.txt", "# Made by go test ./conversion/care/text -run Simplified -update from the dictionaries of github.com/go-ego/gse (Apache-2.0).\n"+
		strings.Join(slices.Compact(pairs), "\n")+"\n")
}
