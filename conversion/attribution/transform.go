package attribution

import (
	"fmt"
	"slices"
	"strings"

	"showrunner/conversion"
	"showrunner/live"
)

// Transform rewrites the path of one journey before a model divides it. The
// touches given are not changed.
type Transform func(touches []conversion.Touchpoint) []conversion.Touchpoint

// Exposure joins neighbours of one channel into the first of them.
func Exposure(touches []conversion.Touchpoint) []conversion.Touchpoint {
	return slices.CompactFunc(slices.Clone(touches), func(a, b conversion.Touchpoint) bool { return a.Channel == b.Channel })
}

// FirstOccurrences keeps the first touch of every channel.
func FirstOccurrences(touches []conversion.Touchpoint) []conversion.Touchpoint {
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(touches), func(t conversion.Touchpoint) bool {
		again := seen[t.Channel]
		seen[t.Channel] = true
		return again
	})
}

// Frequency is [FirstOccurrences] with the number of touches of the channel in
// its name, such as "email(3)".
func Frequency(touches []conversion.Touchpoint) []conversion.Touchpoint {
	n := map[string]int{}
	for i := range touches {
		n[touches[i].Channel]++
	}
	out := FirstOccurrences(touches)
	for i := range out {
		out[i].Channel = fmt.Sprintf("%s(%d)", out[i].Channel, n[out[i].Channel])
	}
	return out
}

// RemoveIfNotAll drops a channel, unless the path has no other.
func RemoveIfNotAll(channel string) Transform {
	return func(touches []conversion.Touchpoint) []conversion.Touchpoint {
		out := slices.DeleteFunc(slices.Clone(touches), func(t conversion.Touchpoint) bool { return strings.EqualFold(t.Channel, channel) })
		if len(out) == 0 {
			return touches
		}
		return out
	}
}

// RemoveTrailingIfNotAll drops a channel from the end of the path, unless the
// path has no other.
func RemoveTrailingIfNotAll(channel string) Transform {
	return func(touches []conversion.Touchpoint) []conversion.Touchpoint {
		n := len(touches)
		for n > 0 && strings.EqualFold(touches[n-1].Channel, channel) {
			n--
		}
		if n == 0 {
			return touches
		}
		return touches[:n]
	}
}

// LastSteps keeps the newest n touches; zero keeps all.
func LastSteps(n int) Transform {
	return func(touches []conversion.Touchpoint) []conversion.Touchpoint {
		if n <= 0 || n >= len(touches) {
			return touches
		}
		return touches[len(touches)-n:]
	}
}

// TransformNamed finds a transform of paths: "exposure", "first", "frequency",
// "remove_if_not_all" or "remove_if_last_and_not_all", of which the last two
// need a channel. An unknown name is a [live.Error] with code "invalid_field".
//
// Source: the path transforms of snowplow/dbt-snowplow-fractribution.
func TransformNamed(name, channel string) (Transform, error) {
	switch {
	case name == "exposure":
		return Exposure, nil
	case name == "first":
		return FirstOccurrences, nil
	case name == "frequency":
		return Frequency, nil
	case name == "remove_if_not_all" && channel != "":
		return RemoveIfNotAll(channel), nil
	case name == "remove_if_last_and_not_all" && channel != "":
		return RemoveTrailingIfNotAll(channel), nil
	}
	return nil, live.Invalid("invalid_field", "transform",
		"must be one of exposure, first, frequency, remove_if_not_all:CHANNEL, remove_if_last_and_not_all:CHANNEL")
}
