// Command voiceagent connects callers with a program that hears and speaks: their sound goes to it and comes from it as RTP, in G.711
// µ-law, 20 ms a packet (external media). The agent here stands for a speech model: it greets with a tone, and then says again what
// it has heard, a second later. Dialplan: Stasis(voiceagent).
package main
