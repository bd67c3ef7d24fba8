package showrunner_test

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Who reads one of the two READMEs must learn what who reads the other does: the
// same flags, commands, routes and pages, section by section.
func TestReadmesSayTheSame(t *testing.T) {
	read := func(name string) string {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	en, zh := read("README.md"), read("README.zh-CN.md")
	for what, pattern := range map[string]string{
		"sections":    `(?m)^(#+) `,
		"flags":       `(?m)^\| ((?:` + "`--[a-z-]+` ?" + `)+)\|`,
		"benchmarks":  `showrunner bench [^` + "`" + `]+`,
		"routes":      `/v1/[a-z/{}_-]+`,
		"pages":       `\]\((docs/[^)#]+\.md|DEVELOPERS\.md|CHANGELOG\.md)`,
		"roles":       "`(?:admin|merchant|operator|host|moderator|agent|trainee|analyst|auditor|viewer|integration)`",
		"prometheus":  `showrunner_[a-z_]+`,
		"make":        `make [a-z-]+`,
		"environment": `SHOWRUNNER_[A-Z_]+`,
	} {
		find := func(text string) []string {
			var out []string
			for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
				out = append(out, m[len(m)-1])
			}
			if what != "sections" {
				slices.Sort(out)
				out = slices.Compact(out)
			}
			return out
		}
		if d := cmp.Diff(find(en), find(zh)); d != "" {
			t.Errorf("%s (-README.md +README.zh-CN.md):\n%s", what, d)
		}
	}
}
