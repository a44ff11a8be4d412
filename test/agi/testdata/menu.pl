#!/usr/bin/perl
# A menu by Asterisk::AGI, as a local script.
BEGIN { unshift @INC, $1 if $0 =~ m{^(.*)/} }    # the module may lie beside the script
use strict;
use warnings;
use Asterisk::AGI;

my $agi  = Asterisk::AGI->new;
my %call = $agi->ReadParse;
my %said;
$said{CALLER}   = "$call{callerid} $call{calleridname}";
$said{ARGUMENT} = $call{arg_1} . '/' . $ARGV[0];
$said{ANSWER}   = $agi->answer;
$said{STREAM}   = $agi->stream_file('beep');
$said{KEY}      = chr $agi->wait_for_digit(20000);
$said{DIGITS}   = $agi->get_data('beep', 20000, 3);
$agi->set_variable('COLOUR', 'dark blue');
$said{COLOUR} = $agi->get_variable('COLOUR');
$said{FULL}   = $agi->get_full_variable('"${COLOUR:5} ${LEN(abc)}"');    # what has blanks is quoted by who calls
$agi->database_put('perl', 'key', '"some value"');
$said{STORED} = $agi->database_get('perl', 'key');
$said{GONE}   = $agi->database_del('perl', 'key') . (defined $agi->database_get('perl', 'key') ? 'there' : '');
$said{SAY}    = $agi->say_digits('12');
$said{EXEC}   = $agi->exec('Set', 'DONE=yes');
$said{STATE}  = $agi->channel_status;
$agi->verbose('the menu is done', 3);
$agi->set_variable("SAID_$_", $said{$_}) for sort keys %said;
