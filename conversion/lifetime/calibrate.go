package lifetime

// Bin is how many buyers made so many repeat orders, and how many the model
// says.
type Bin struct {
	Repeat   int // in the last bin of a calibration: so many or more
	Buyers   int
	Expected float64
}

// Calibrate holds the model against the buyers it was fitted to: bins of 0, 1,
// … repeat orders, the last one open. Both columns sum to the number of buyers.
func Calibrate(p Process, buyers []Buyer, bins int) []Bin {
	out := make([]Bin, bins)
	for i := range out {
		out[i].Repeat = i
	}
	ages := map[float64][]float64{} // the chances of the closed bins
	for _, b := range buyers {
		out[min(b.Repeat, bins-1)].Buyers++
		chances := ages[b.Age]
		if chances == nil {
			chances = make([]float64, bins)
			rest := 1.0
			for i := range bins - 1 {
				chances[i] = p.Chance(i, b.Age)
				rest -= chances[i]
			}
			chances[bins-1] = max(rest, 0)
			ages[b.Age] = chances
		}
		for i, c := range chances {
			out[i].Expected += c
		}
	}
	return out
}
