// Package group keeps which groups of the private domain a merchant has and says
// how they do.
//
// There are two halves. [Registry] is SQL: the groups, whose they are and were,
// and what was done about their alarms; every change is audited, and told to the
// log where the log has a word for it. The rest is arithmetic without engines:
// from the facts of a group to its days ([DaysOf]), from days to health, the
// alarm of the third month and survival ([HealthOf], [AlarmOf], [SurvivalOf]).
//
// Who is in a group is not kept here: it is the last word of the log about each
// person, whatever the order in which facts arrive and however often, and persons
// have several names that turn out to be one later. Analytics therefore makes the
// days from facts and makes them anew when a late fact or a merge reaches back;
// [DaysOf] says what they must be, and a test holds the two equal. A table of
// members beside the log would be a second truth that late facts make wrong.
//
// Figures of platforms never enter: they are cumulative and cannot fall.
package group
