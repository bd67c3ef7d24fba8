package clickhouse

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"

	"showrunner/live"
)

// Class is what a question reaches over, and so how much it may take.
type Class string

// The classes of questions.
const (
	// ClassShow is one show.
	ClassShow Class = "show"
	// ClassMerchant is many shows of a merchant.
	ClassMerchant Class = "merchant"
	// ClassWhole is everything there is; only the server itself asks so.
	ClassWhole Class = "whole"
)

// Limits are what one question to ClickHouse may take; what is over is refused
// with a [live.Error] of the code query_too_large.
type Limits struct {
	Time   time.Duration // whole seconds
	Memory int64         // bytes, in the engine
	Rows   int64         // rows of all tables that are read; 0 is no limit
}

// DefaultLimits are those of a class. A report of a show of a million persons
// takes well under a second and some hundred megabytes.
func DefaultLimits(c Class) Limits {
	l := Limits{Time: readSeconds * time.Second, Memory: readMemory}
	if c == ClassWhole {
		l.Time = wholeSeconds * time.Second
	} else {
		l.Rows = 2_000_000_000
	}
	return l
}

// wholes are the questions of the class [ClassWhole].
var wholes = map[string]bool{"audit": true, "count": true, "migrations": true, "parts": true, "merchants with groups": true, "rebuild": true, "retention": true}

func (db *DB) limitsOf(c Class) Limits {
	if l, ok := db.cfg.Limits[c]; ok {
		return l
	}
	return DefaultLimits(c)
}

// classOf is the class of a question that does not say it itself.
func classOf(question string) Class {
	if wholes[question] {
		return ClassWhole
	}
	return ClassMerchant
}

func (l Limits) settings() ch.Settings {
	return ch.Settings{
		"readonly":                           2, // reads and settings only
		"max_execution_time":                 max(1, int(l.Time/time.Second)),
		"timeout_overflow_mode":              "throw",
		"max_memory_usage":                   l.Memory,
		"max_bytes_before_external_group_by": l.Memory / 2,
		"max_bytes_before_external_sort":     l.Memory / 2,
		"max_rows_to_read":                   l.Rows,
		"read_overflow_mode":                 "throw",
		"max_result_rows":                    10_000_000,
		"session_timezone":                   "UTC",
		// Compiling what is asked takes longer than all that it saves: the fourth who
		// asks something waits hundreds of milliseconds for it, and of millions of
		// facts no less is read and counted afterwards.
		"compile_expressions":           0,
		"compile_aggregate_expressions": 0,
		"compile_sort_description":      0,
	}
}

// settings are what a class is asked with beside its limits.
func (c Class) settings() ch.Settings {
	if c != ClassShow {
		return nil
	}
	return ch.Settings{
		// What is asked about one show is read from few places, all of which have it:
		// finding that out step by step, or for the next who asks, takes longer than
		// reading them.
		"enable_multiple_prewhere_read_steps": 0,
		"use_query_condition_cache":           0,
		// There are none to look for.
		"optimize_use_projections":          0,
		"optimize_use_implicit_projections": 0,
	}
}

// undated hides the deadline of a context, not its end: the driver takes a
// deadline for a limit of its own and would put it over ours.
type undated struct{ context.Context }

// Deadline says that there is none.
func (undated) Deadline() (time.Time, bool) { return time.Time{}, false }

// Codes of ClickHouse's exceptions.
const (
	codeTooManyRows   = 158
	codeTimeout       = 159
	codeTooManyBytes  = 307
	codeMemory        = 241
	codeTooManyResult = 396
	codeBusy          = 202
)

// refusal is the word for a question that met a limit, and nil for any other error.
func refusal(err error, c Class, l Limits) *live.Error {
	var ex *ch.Exception
	if !errors.As(err, &ex) {
		return nil
	}
	var limit string
	var most int64
	switch ex.Code {
	case codeTooManyRows, codeTooManyBytes, codeTooManyResult:
		limit, most = "rows", l.Rows
	case codeTimeout:
		limit, most = "seconds", int64(l.Time/time.Second)
	case codeMemory:
		if strings.Contains(ex.Message, "(total)") { // Others use it up, not this question.
			return live.Unavailable("engine_busy", time.Second, "ClickHouse has no memory left for this right now; ask again")
		}
		limit, most = "bytes_of_memory", l.Memory
	case codeBusy:
		return live.Unavailable("engine_busy", time.Second, "too many questions are under way; ask again")
	default:
		return nil
	}
	narrow := map[Class]string{
		ClassShow:     "ask for one table of the show, or for an earlier as_of",
		ClassMerchant: "ask for fewer days, one room or one show",
		ClassWhole:    "give the engine more",
	}[c]
	e := live.Invalid("query_too_large", "", "the question takes more than %d %s, which is what one about a %s may; %s", most, strings.ReplaceAll(limit, "_", " "), c, narrow)
	e.Data = map[string]any{"limit": limit, "most": most, "about": string(c), "narrow": narrow}
	return e
}

// asOne is the context of questions that answer one: what they meet is counted
// and told once, however many of them were under way.
func asOne(ctx context.Context) context.Context {
	if ctx.Value(metKey{}) != nil {
		return ctx
	}
	return context.WithValue(ctx, metKey{}, new(atomic.Bool))
}

type metKey struct{}

// firstMet reports whether no other question of those asked [asOne] met a limit yet.
func firstMet(ctx context.Context) bool {
	met, ok := ctx.Value(metKey{}).(*atomic.Bool)
	return !ok || met.CompareAndSwap(false, true)
}
