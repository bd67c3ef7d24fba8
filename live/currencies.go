package live

import "slices"

// Currencies lists the accepted ISO 4217 codes in ascending order. The slice is
// the caller's own.
func Currencies() []Currency { return slices.Clone(currencies) }
