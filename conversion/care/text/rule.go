package text

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed data/rules.txt
var rulesFile string

// rule is a line of data/rules.txt: a text that has all of some phrases and none
// of others speaks of a cause.
type rule struct {
	cause    Cause
	all, not []string
}

// rules parses the embedded rules once. A broken line is a bug of this package,
// which TestRules finds.
var rules = sync.OnceValue(func() []rule {
	var all []rule
	for line := range words(rulesFile) {
		fields := strings.Split(line, "\t")
		if len(fields) != 2 || !Cause(fields[0]).Valid() {
			panic("BUG: rule " + line)
		}
		phrases := strings.Split(fields[1], "!")
		all = append(all, rule{Cause(fields[0]), strings.Split(phrases[0], "+"), phrases[1:]})
	}
	return all
})

// matches reports whether r holds for a normalised text.
func (r *rule) matches(text string) bool {
	if whole, ok := strings.CutPrefix(r.all[0], "="); ok {
		return text == whole
	}
	for _, phrase := range r.all {
		if !strings.Contains(text, phrase) {
			return false
		}
	}
	for _, phrase := range r.not {
		if strings.Contains(text, phrase) {
			return false
		}
	}
	return true
}

// surely returns the first rule that holds for a normalised text, or nil
// when none does or two of them contradict each other.
func surely(text string) *rule {
	var found *rule
	for i := range rules() {
		r := &rules()[i]
		if !r.matches(text) {
			continue
		}
		if found == nil {
			found = r
		} else if found.cause != r.cause {
			return nil
		}
	}
	return found
}
