package prompts

import (
	"slices"
	"strings"
	"testing"
)

// said are the prompts that Asterisk 22's SayDigits, SayNumber, SayOrdinal, SayMoney,
// SayAlpha, SayAlphaCase, SayPhonetic, SayUnixTime and DateTime asked for, by the lines
// of its log, over numbers, characters, times and formats of all kinds.
var said = map[string]string{
	"en": `and cent cents digits/0 digits/1 digits/10 digits/11 digits/12 digits/13 digits/14 digits/15 digits/16 digits/17
digits/18 digits/19 digits/2 digits/20 digits/3 digits/30 digits/4 digits/40 digits/5 digits/50 digits/6 digits/60
digits/7 digits/70 digits/8 digits/80 digits/9 digits/90 digits/a-m digits/at digits/billion digits/day-0 digits/day-1
digits/day-2 digits/day-3 digits/day-4 digits/day-5 digits/day-6 digits/h-1 digits/h-10 digits/h-11 digits/h-12
digits/h-13 digits/h-14 digits/h-15 digits/h-16 digits/h-17 digits/h-18 digits/h-19 digits/h-2 digits/h-20 digits/h-3
digits/h-30 digits/h-4 digits/h-40 digits/h-5 digits/h-50 digits/h-6 digits/h-60 digits/h-7 digits/h-70 digits/h-8
digits/h-80 digits/h-9 digits/h-90 digits/h-billion digits/h-hundred digits/h-million digits/h-thousand digits/hundred
digits/million digits/minus digits/mon-0 digits/mon-1 digits/mon-10 digits/mon-11 digits/mon-2 digits/mon-3 digits/mon-4
digits/mon-5 digits/mon-6 digits/mon-7 digits/mon-8 digits/mon-9 digits/oclock digits/oh digits/p-m digits/pound
digits/star digits/thousand digits/today digits/tomorrow digits/yesterday dollars letters/a letters/ascii123
letters/ascii124 letters/ascii125 letters/ascii126 letters/ascii34 letters/ascii37 letters/ascii38 letters/ascii39
letters/ascii40 letters/ascii41 letters/ascii44 letters/ascii58 letters/ascii59 letters/ascii60 letters/ascii62
letters/ascii63 letters/ascii91 letters/ascii92 letters/ascii93 letters/ascii94 letters/ascii95 letters/ascii96
letters/at letters/b letters/c letters/d letters/dash letters/dollar letters/dollar_ letters/dot letters/e
letters/equals letters/exclaimation-point letters/f letters/g letters/h letters/i letters/j letters/k letters/l
letters/m letters/n letters/o letters/p letters/plus letters/q letters/r letters/s letters/slash letters/space letters/t
letters/u letters/v letters/w letters/x letters/y letters/z lowercase phonetic/9_p phonetic/a_p phonetic/b_p
phonetic/c_p phonetic/d_p phonetic/e_p phonetic/f_p phonetic/g_p phonetic/h_p phonetic/i_p phonetic/j_p phonetic/k_p
phonetic/l_p phonetic/m_p phonetic/n_p phonetic/o_p phonetic/p_p phonetic/q_p phonetic/r_p phonetic/s_p phonetic/t_p
phonetic/u_p phonetic/v_p phonetic/w_p phonetic/x_p phonetic/y_p phonetic/z_p uppercase`,
	"es": `and cent cents digits/0 digits/1 digits/10 digits/100 digits/100-and digits/11 digits/12 digits/13 digits/14 digits/15
digits/16 digits/17 digits/18 digits/19 digits/1F digits/1M digits/2 digits/20 digits/200 digits/21 digits/22 digits/23
digits/24 digits/25 digits/26 digits/27 digits/28 digits/29 digits/3 digits/30 digits/300 digits/4 digits/40 digits/400
digits/5 digits/50 digits/500 digits/6 digits/60 digits/600 digits/7 digits/70 digits/700 digits/8 digits/80 digits/800
digits/9 digits/90 digits/900 digits/a-m digits/afternoon digits/and digits/at digits/day-0 digits/day-1 digits/day-2
digits/day-3 digits/day-4 digits/day-5 digits/day-6 digits/es-de digits/es-el digits/h-1 digits/h-10 digits/h-11
digits/h-12 digits/h-13 digits/h-14 digits/h-15 digits/h-16 digits/h-17 digits/h-18 digits/h-19 digits/h-2 digits/h-20
digits/h-3 digits/h-30 digits/h-4 digits/h-40 digits/h-5 digits/h-50 digits/h-6 digits/h-60 digits/h-7 digits/h-70
digits/h-8 digits/h-80 digits/h-9 digits/h-90 digits/h-billion digits/h-hundred digits/h-million digits/h-thousand
digits/hundred digits/million digits/millions digits/minus digits/mon-0 digits/mon-1 digits/mon-10 digits/mon-11
digits/mon-2 digits/mon-3 digits/mon-4 digits/mon-5 digits/mon-6 digits/mon-7 digits/mon-8 digits/mon-9 digits/p-m
digits/pound digits/star digits/thousand digits/today digits/y digits/yesterday dollars letters/a letters/ascii123
letters/ascii124 letters/ascii125 letters/ascii126 letters/ascii34 letters/ascii37 letters/ascii38 letters/ascii39
letters/ascii40 letters/ascii41 letters/ascii44 letters/ascii58 letters/ascii59 letters/ascii60 letters/ascii62
letters/ascii63 letters/ascii91 letters/ascii92 letters/ascii93 letters/ascii94 letters/ascii95 letters/ascii96
letters/at letters/b letters/c letters/d letters/dash letters/dollar letters/dollar_ letters/dot letters/e
letters/equals letters/exclaimation-point letters/f letters/g letters/h letters/i letters/j letters/k letters/l
letters/m letters/n letters/o letters/p letters/plus letters/q letters/r letters/s letters/slash letters/space letters/t
letters/u letters/v letters/w letters/x letters/y letters/z lowercase phonetic/9_p phonetic/a_p phonetic/b_p
phonetic/c_p phonetic/d_p phonetic/e_p phonetic/f_p phonetic/g_p phonetic/h_p phonetic/i_p phonetic/j_p phonetic/k_p
phonetic/l_p phonetic/m_p phonetic/n_p phonetic/o_p phonetic/p_p phonetic/q_p phonetic/r_p phonetic/s_p phonetic/t_p
phonetic/u_p phonetic/v_p phonetic/w_p phonetic/x_p phonetic/y_p phonetic/z_p uppercase`,
}

func TestWhatAsteriskSaysIsThere(t *testing.T) {
	for language, names := range said {
		packed := Names(language)
		for _, name := range strings.Fields(names) {
			if !slices.Contains(packed, name) {
				t.Errorf("%s/%s is not in the pack", language, name)
			}
		}
	}
}
