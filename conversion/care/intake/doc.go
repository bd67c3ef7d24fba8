// Package intake carries what customers say in the log to those who make
// something of it: the book of complaints and the loop of needs. Begin with
// [Intake.Run].
//
// Every [Hearer] takes a fact in once however often it is told, because it knows
// facts by their identifiers. So the checkpoint in the store may stay behind what
// was taken in, never before it: a server that was killed hears the last seconds
// again, and a store that was restored from an older backup hears again what it
// lacks.
package intake
