package conversion

// Dimension is one way to say to whom a touch belongs.
type Dimension struct {
	Name string
	Of   func(*Touchpoint) string // empty: the touch names none
}

// Dimensions lists them in the order in which they are shown.
var Dimensions = []Dimension{
	{"stage", func(t *Touchpoint) string { return string(t.Stage) }},
	{"channel", func(t *Touchpoint) string { return t.Channel }},
	{"channel_l1", func(t *Touchpoint) string { first, _ := Levels(t.Channel); return first }},
	{"flow", func(t *Touchpoint) string { return string(FlowOf(t.Channel)) }},
	{"agent", func(t *Touchpoint) string { return t.Agent }},
	{"group", func(t *Touchpoint) string { return t.Group }},
	{"show", func(t *Touchpoint) string { return string(t.Show) }},
	{"entry", func(t *Touchpoint) string { return t.Entry }},
	{"host", func(t *Touchpoint) string { return t.Host }},
	{"campaign", func(t *Touchpoint) string { return t.Campaign }},
	{"referrer", func(t *Touchpoint) string { return string(t.Referrer) }},
}

// DimensionOf finds a dimension by its name.
func DimensionOf(name string) (Dimension, bool) {
	for _, d := range Dimensions {
		if d.Name == name {
			return d, true
		}
	}
	return Dimension{}, false
}
