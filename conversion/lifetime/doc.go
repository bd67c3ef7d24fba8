// Package lifetime tells what buyers are likely to do next: whether they are
// still there, how often they will order, and what those orders will be worth.
//
// It is pure arithmetic over one row for each buyer, [Buyer]: how many days
// they ordered again on, when last, how long they are known, and what a repeat
// day was worth. Two models share the work, and [Fit] and [FitSpend] find their
// parameters by maximum likelihood:
//
//   - [Process] (BG/NBD) is how often a buyer orders and when they stop.
//   - [Spend] (Gamma-Gamma) is what they pay on such a day.
//
// Both are models of a crowd. A number for one buyer is an expectation, not a
// promise; [Calibrate] shows how far the crowd follows the model. Time may be in
// any unit, as long as it is one.
//
// Sources: P. Fader, B. Hardie, K. L. Lee, "Counting Your Customers the Easy
// Way: An Alternative to the Pareto/NBD Model", Marketing Science 24 (2005);
// P. Fader, B. Hardie, "The Gamma-Gamma Model of Monetary Value" (2013).
package lifetime
