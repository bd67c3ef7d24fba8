package attribution

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"showrunner/conversion"
	"showrunner/live"
)

// Version is that of the arithmetic of every model. It is part of every result
// and grows when the same journeys would give other numbers than before.
const Version = 2

// Model says what each touch of a journey is worth.
type Model interface {
	// Name is the stable name of the model, as users give it.
	Name() string
	// Params are what the model was made with, by stable names; nil for none.
	Params() map[string]string
	// Weights appends one weight, zero or more, for each touch: the touches that
	// the policy admitted, ascending, at least one. Only their proportion
	// matters, but a model must give whole numbers so that equal shares are
	// exactly equal. It must be safe for concurrent use.
	Weights(dst []int64, touches []conversion.Touchpoint) []int64
}

// Options name a model and say how it is made. What a model does not know of is
// ignored; a zero value is the model's own.
type Options struct {
	Model string
	// Weights of position: of the first touch, of all between, of the last.
	// Zero is 40, 20, 40.
	Weights [3]int64
	// TwoTouch says how position divides two touches.
	TwoTouch TwoTouch
	// HalfLife of time_decay. Zero is 7 days.
	HalfLife time.Duration
	// Direct are the channels of those who came by themselves, for
	// last_non_direct. Nil is [conversion.ChannelDirect].
	Direct []string
	// Order of markov: how many touches a state remembers, 1 to 4. Zero is 1.
	Order int
	// Worth says what the game of shapley is about. Empty is WorthConversions.
	Worth Worth
	// Ordered tells the credits of shapley by position too.
	Ordered bool
	// MaxChannels is up to how many keys the game of rates is solved exactly.
	// Zero is [DefaultMaxChannels].
	MaxChannels int
	// Samples are the pairs of permutations drawn beyond, from Seed. Zero is 4000.
	Samples int
	Seed    uint64
}

// Worth is what a set of keys is worth in the game of shapley.
type Worth string

// Worths.
const (
	// WorthConversions is the conversions of the journeys inside the set.
	WorthConversions Worth = "conversions"
	// WorthRate is the conversion rate of the journeys inside the set.
	WorthRate Worth = "rate"
)

// makers is the registry, in the order reports show them. Linear comes last,
// because it names every touched key.
var makers = []struct {
	name string
	make func(*Options) (Model, error)
}{
	{"first", func(*Options) (Model, error) { return first{}, nil }},
	{"last", func(*Options) (Model, error) { return last{}, nil }},
	{"last_non_direct", newLastNonDirect},
	{"position", newPosition},
	{"time_decay", newTimeDecay},
	{"linear", func(*Options) (Model, error) { return linear{}, nil }},
}

// New makes the model that the options name. Faults are a [live.Error] with code
// "unknown_model", which lists the known ones, or "invalid_field".
func New(o Options) (Model, error) {
	names := make([]string, len(makers))
	for i := range makers {
		if makers[i].name == o.Model {
			return makers[i].make(&o)
		}
		names[i] = makers[i].name
	}
	return nil, live.Invalid("unknown_model", "model", "must be one of %s", strings.Join(names, ", "))
}

// Params are what the model that the options name is made with, by stable names,
// also those of tallies alone; nil if there is none.
func (o Options) Params() map[string]string {
	switch o.Model {
	case "markov":
		return map[string]string{"order": strconv.Itoa(cmp.Or(o.Order, 1))}
	case "shapley":
		p := map[string]string{"worth": string(cmp.Or(o.Worth, WorthConversions))}
		if o.Worth == WorthRate {
			p["max_channels"] = strconv.Itoa(cmp.Or(o.MaxChannels, DefaultMaxChannels))
			p["samples"], p["seed"] = strconv.Itoa(cmp.Or(o.Samples, defaultSamples)), strconv.FormatUint(o.Seed, 10)
		}
		return p
	}
	m, err := New(o)
	if err != nil {
		return nil
	}
	return m.Params()
}

// Named is [New] with the model's own parameters.
func Named(name string) (Model, error) { return New(Options{Model: name}) }

// Models lists every model that divides the money of an order, with its own
// parameters, in the order reports show them.
func Models() []Model { return slices.Clone(models) }

var models = func() []Model {
	var ms []Model
	for i := range makers {
		m, err := makers[i].make(&Options{})
		if err != nil {
			panic("BUG: the model " + makers[i].name + " refuses its own parameters")
		}
		ms = append(ms, m)
	}
	return ms
}()

// first gives everything to the first touch.
type first struct{}

func (first) Name() string { return "first" }

func (first) Params() map[string]string { return nil }

func (first) Weights(dst []int64, touches []conversion.Touchpoint) []int64 {
	return only(dst, len(touches), 0)
}

// last gives everything to the last touch.
type last struct{}

func (last) Name() string { return "last" }

func (last) Params() map[string]string { return nil }

func (last) Weights(dst []int64, touches []conversion.Touchpoint) []int64 {
	return only(dst, len(touches), len(touches)-1)
}

// only appends n weights of which all but one are zero.
func only(dst []int64, n, one int) []int64 {
	at := len(dst)
	dst = append(dst, make([]int64, n)...)
	dst[at+one] = 1
	return dst
}

// linear gives the same to every touch; a channel touched twice counts twice.
type linear struct{}

func (linear) Name() string { return "linear" }

func (linear) Params() map[string]string { return nil }

func (linear) Weights(dst []int64, touches []conversion.Touchpoint) []int64 {
	return linear{}.sized(dst, len(touches))
}

func (linear) sized(dst []int64, n int) []int64 {
	for range n {
		dst = append(dst, 1)
	}
	return dst
}

// lastNonDirect gives everything to the last touch that is not direct, and to
// the last touch if all are: who came by themselves was brought by somebody
// before.
type lastNonDirect struct{ direct []string }

func newLastNonDirect(o *Options) (Model, error) {
	m := lastNonDirect{slices.Clone(o.Direct)}
	if m.direct == nil {
		m.direct = []string{conversion.ChannelDirect}
	}
	return m, nil
}

func (lastNonDirect) Name() string { return "last_non_direct" }

func (m lastNonDirect) Params() map[string]string {
	return map[string]string{"direct": strings.Join(m.direct, ",")}
}

func (m lastNonDirect) Weights(dst []int64, touches []conversion.Touchpoint) []int64 {
	for i := range slices.Backward(touches) {
		if !m.isDirect(touches[i].Channel) {
			return only(dst, len(touches), i)
		}
	}
	return only(dst, len(touches), len(touches)-1)
}

func (m lastNonDirect) isDirect(channel string) bool {
	return slices.ContainsFunc(m.direct, func(d string) bool { return strings.EqualFold(d, channel) })
}
