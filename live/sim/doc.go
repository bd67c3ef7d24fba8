// Package sim invents a realistic show and keeps the books about it.
//
// It plans and adds up, nothing else: it has no clock, no network and no files.
// [New] turns a seed, a number of viewers and a length into a [Script]: who
// arrives when and from where, what they write, like, click and buy, which
// orders stay unpaid, are cancelled or refunded, and what the crew does. The
// same [Config] always gives the same script, so a run can be repeated.
//
// A player (showrunner simulate) performs the script against a server and tells
// a [Tally] everything the server acknowledged. The tally's figures are plain
// sums over those acknowledgements, written without any of the server's
// arithmetic, so that comparing the two means something.
//
// [Season] is ninety days of a merchant instead of one show: its people go by
// several names, and it knows what must come out however late that is learned.
//
// Start with [Script] and the files in the order script.go, crowd.go,
// behaviour.go, fate.go, crew.go; the books are tally.go and ledger.go;
// of a season season.go and seasondraw.go, then seasonclimb.go, seasonladder.go,
// seasonreturn.go, seasonmoney.go and seasoncredit.go.
package sim
