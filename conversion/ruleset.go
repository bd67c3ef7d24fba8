package conversion

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"showrunner/live"
)

// BuiltIn is the version of [Rules]. It changes when they do.
const BuiltIn = "built-in-2"

// RuleSet says which facts are touches, and of which stage and channel. It is
// safe for concurrent use.
type RuleSet struct {
	// Version names the rules, and every touch they make carries it. That of a
	// file ends with a digest of what it says, so that two files of one name are
	// not taken for each other.
	Version string
	byKind  map[live.Kind]*Rule
}

// DefaultRules are those that are built in.
func DefaultRules() *RuleSet { return builtIn }

var builtIn = newRuleSet(BuiltIn, Rules)

func newRuleSet(version string, rules []Rule) *RuleSet {
	s := &RuleSet{Version: version, byKind: make(map[live.Kind]*Rule, len(rules))}
	for i := range rules {
		s.byKind[rules[i].Kind] = &rules[i]
	}
	return s
}

// ruleFile is how a file declares rules.
type ruleFile struct {
	Version string     `json:"version"`
	Rules   []ruleLine `json:"rules"`
}

type ruleLine struct {
	Kind    live.Kind  `json:"kind"`
	Stage   live.Stage `json:"stage"`
	Channel string     `json:"channel"`
	Told    bool       `json:"told,omitempty"`

	Proactive bool `json:"proactive,omitempty"` // left out of the digest when it is false, as older files have it
}

// maxRuleFile bounds a file of rules; there are fewer kinds than fill it.
const maxRuleFile = 256 << 10

// ReadRules reads a file of rules, which takes the place of the built-in ones:
// {"version":"2026-03","rules":[{"kind":"ad_clicked","stage":"lead","channel":"ads","told":true},…]}.
// The error names every fault at once, each by its line of the list. Kinds must
// be known, no fact of an order, and stand once; at least one is needed.
func ReadRules(r io.Reader) (*RuleSet, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxRuleFile+1))
	if err != nil {
		return nil, fmt.Errorf("read rules: %w", err)
	}
	if len(text) > maxRuleFile {
		return nil, live.TooLarge("rules_too_large", "rules", "are more than %d bytes", maxRuleFile)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var f ruleFile
	if err := decoder.Decode(&f); err != nil {
		return nil, live.Invalid("malformed_json", "rules", "cannot be read: %v", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, live.Invalid("malformed_json", "rules", "must be one JSON object and nothing after it")
	}
	faults := f.check()
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	slices.SortFunc(f.Rules, func(a, b ruleLine) int { return cmp.Compare(a.Kind, b.Kind) })
	canonical, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("name the rules: %w", err)
	}
	sum := sha256.Sum256(canonical)
	rules := make([]Rule, len(f.Rules))
	for i, l := range f.Rules {
		rules[i] = Rule(l)
	}
	return newRuleSet(f.Version+"-"+hex.EncodeToString(sum[:4]), rules), nil
}

func (f *ruleFile) check() (faults []error) {
	if !live.ValidID(f.Version) || len(f.Version) > 64 {
		faults = append(faults, live.Invalid("invalid_field", "version", "must be 1 to 64 characters of A-Z a-z 0-9 . _ : @ -"))
	}
	if len(f.Rules) == 0 {
		faults = append(faults, live.Invalid("invalid_field", "rules", "must be one at least: without any no touch earns"))
	}
	seen := map[live.Kind]bool{}
	for i, l := range f.Rules {
		at := func(field string) string { return fmt.Sprintf("rules[%d].%s", i, field) }
		if _, ok := live.SpecOf(l.Kind); !ok {
			faults = append(faults, live.Invalid("unknown_type", at("kind"), "%q is not a known event type", l.Kind))
		} else if live.OrderFactKind(l.Kind) {
			faults = append(faults, live.Invalid("invalid_field", at("kind"), "%s is the conversion itself and cannot lead to it", l.Kind))
		}
		if seen[l.Kind] {
			faults = append(faults, live.Invalid("invalid_field", at("kind"), "%s stands twice", l.Kind))
		}
		seen[l.Kind] = true
		if !l.Stage.Valid() {
			faults = append(faults, live.Invalid("invalid_field", at("stage"), "must be one of lead, nurture, convert, retain"))
		}
		if l.Channel == "" || len(l.Channel) > maxRuleChannel {
			faults = append(faults, live.Invalid("invalid_field", at("channel"), "must be 1 to %d bytes", maxRuleChannel))
		}
	}
	return faults
}

// maxRuleChannel is what a fact may say of its channel.
const maxRuleChannel = 128
