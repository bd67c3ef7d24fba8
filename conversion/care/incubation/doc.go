// Package incubation leads agents to become hosts, step by step and by evidence.
//
// A merchant declares skills ([Skill]) and tracks ([Track]): stages in order, each
// with the role its token may carry and what has to be met to enter it, as data. A
// [Candidate] stands in one stage of one track. What counts is recorded where it
// happens: a coach proves skills, a drill is a rehearsal that the candidate hosted
// and a coach marks ([Book.Judge]), a shadow show is a real one that the candidate
// watched on a panel that takes no command ([Book.Take] measures for how long), and
// figures of the scorecard are those of the desk.
//
// Start with [Book.Ask] and [Book.Decide]: a promotion is checked in the very
// transaction that grants it, by [checks], so no stage is reached without its
// evidence, whoever decides.
package incubation
