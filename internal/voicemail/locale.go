package voicemail

import (
	"strings"
	"time"
)

// names are what the days, from Sunday on, and the months are called in a language, as the
// locales of GNU/Linux have them: whole, and short.
type names struct{ days, shortDays, months, shortMonths []string }

// locales are the languages in which dates of mails can be written.
var locales = map[string]names{
	"da": called("søndag mandag tirsdag onsdag torsdag fredag lørdag", "søn man tir ons tor fre lør",
		"januar februar marts april maj juni juli august september oktober november december", "jan feb mar apr maj jun jul aug sep okt nov dec"),
	"de": called("Sonntag Montag Dienstag Mittwoch Donnerstag Freitag Samstag", "So Mo Di Mi Do Fr Sa",
		"Januar Februar März April Mai Juni Juli August September Oktober November Dezember", "Jan Feb Mär Apr Mai Jun Jul Aug Sep Okt Nov Dez"),
	"es": called("domingo lunes martes miércoles jueves viernes sábado", "dom lun mar mié jue vie sáb",
		"enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre", "ene feb mar abr may jun jul ago sep oct nov dic"),
	"fi": called("sunnuntai maanantai tiistai keskiviikko torstai perjantai lauantai", "su ma ti ke to pe la",
		"tammikuu helmikuu maaliskuu huhtikuu toukokuu kesäkuu heinäkuu elokuu syyskuu lokakuu marraskuu joulukuu",
		"tammi helmi maalis huhti touko kesä heinä elo syys loka marras joulu"),
	"fr": called("dimanche lundi mardi mercredi jeudi vendredi samedi", "dim. lun. mar. mer. jeu. ven. sam.",
		"janvier février mars avril mai juin juillet août septembre octobre novembre décembre", "janv. févr. mars avril mai juin juil. août sept. oct. nov. déc."),
	"it": called("domenica lunedì martedì mercoledì giovedì venerdì sabato", "dom lun mar mer gio ven sab",
		"gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre", "gen feb mar apr mag giu lug ago set ott nov dic"),
	"nb": called("søndag mandag tirsdag onsdag torsdag fredag lørdag", "søn. man. tir. ons. tor. fre. lør.",
		"januar februar mars april mai juni juli august september oktober november desember", "jan. feb. mars april mai juni juli aug. sep. okt. nov. des."),
	"nl": called("zondag maandag dinsdag woensdag donderdag vrijdag zaterdag", "zo ma di wo do vr za",
		"januari februari maart april mei juni juli augustus september oktober november december", "jan feb mrt apr mei jun jul aug sep okt nov dec"),
	"pl": called("niedziela poniedziałek wtorek środa czwartek piątek sobota", "nie pon wto śro czw pią sob",
		"styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik listopad grudzień", "sty lut mar kwi maj cze lip sie wrz paź lis gru"),
	"pt": called("domingo segunda terça quarta quinta sexta sábado", "dom seg ter qua qui sex sáb",
		"janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro", "jan fev mar abr mai jun jul ago set out nov dez"),
	"sv": called("söndag måndag tisdag onsdag torsdag fredag lördag", "sön mån tis ons tor fre lör",
		"januari februari mars april maj juni juli augusti september oktober november december", "jan feb mar apr maj jun jul aug sep okt nov dec"),
}

func called(days, shortDays, months, shortMonths string) names {
	return names{strings.Fields(days), strings.Fields(shortDays), strings.Fields(months), strings.Fields(shortMonths)}
}

// languageOf is the language of a locale such as de_DE.UTF-8.
func languageOf(locale string) string {
	language, _, _ := strings.Cut(locale, ".")
	language, _, _ = strings.Cut(language, "_")
	return strings.ToLower(language)
}

// hasLocale reports whether dates can be written in a locale. English and the portable one
// need no names.
func hasLocale(locale string) bool {
	language := languageOf(locale)
	_, there := locales[language]
	return there || language == "" || language == "en" || language == "c" || language == "posix"
}

// strftimeIn is strftime with the names of days and months of a locale.
func strftimeIn(locale string, t time.Time, format string) string {
	n, there := locales[languageOf(locale)]
	if !there {
		return strftime(t, format)
	}
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b.WriteByte(format[i])
			continue
		}
		i++
		name := ""
		switch format[i] {
		case 'A':
			name = n.days[t.Weekday()]
		case 'a':
			name = n.shortDays[t.Weekday()]
		case 'B':
			name = n.months[t.Month()-1]
		case 'b', 'h':
			name = n.shortMonths[t.Month()-1]
		default:
			b.WriteString("%" + format[i:i+1])
			continue
		}
		b.WriteString(strings.ReplaceAll(name, "%", "%%"))
	}
	return strftime(t, b.String())
}
