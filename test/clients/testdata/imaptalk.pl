#!/usr/bin/perl
# Calls the methods of Mail::IMAPTalk against a running server.
# Arguments: the IMAPS port, the file of the authority that signed the server's
# certificate, a user name, the password.
use strict;
use warnings;
use Mail::IMAPTalk;
use POSIX ();

my ($port, $ca, $user, $password) = @ARGV;
my $checks = 0;
my $imap;

# fail ends at once, without the connections' good manners.
sub fail {
    print STDERR "@_\n";
    POSIX::_exit(1);
}

$SIG{__DIE__} = sub { fail(@_) if defined $^S && !$^S };

sub is {
    my ($got, $want, $what) = @_;
    $checks++;
    fail("$what: got " . ($got // 'undef') . ", want $want") unless defined $got && $got eq $want;
}

sub ok {
    my ($value, $what) = @_;
    $checks++;
    fail("$what: " . ($@ || 'failed')) unless $value;
    return $value;
}

sub connection {
    # Without UseBlocking the module takes the session tickets of TLS 1.3, which are
    # something to read but no data, for the end of the connection.
    return ok(Mail::IMAPTalk->new(
        UseBlocking => 1,
        Server => 'localhost', Port => $port, UseSSL => 1, SSL_ca_file => $ca,
        Username => $user, Password => $password, Separator => '/', Pedantic => 1, @_,
    ), 'new');
}

sub message {
    my ($name) = @_;
    return join "\r\n", 'From: Bob <bob@example.com>', 'To: "Alice A." <alice@example.org>, list: a@b.c, d@e.f;',
        "Subject: $name", "Message-ID: <$name\@example.com>", 'Date: Mon, 7 Feb 2022 21:52:25 +0100',
        'MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary="=b"', '', '--=b',
        'Content-Type: text/plain; charset=utf-8', '', "Text of $name.", '--=b',
        'Content-Type: text/html; charset=utf-8', 'Content-Disposition: attachment; filename="page.html"',
        'Content-Transfer-Encoding: base64', '', 'PGI+Ym9sZDwvYj4=', '--=b--', '';
}

sub flags {
    my ($uid) = @_;
    return join ' ', sort @{ $imap->fetch_flags('1:*')->{$uid}{flags} };
}

$imap = connection();
my %capability = %{ ok($imap->capability(), 'capability') };
ok($capability{$_}, $_) for qw(imap4rev1 idle move uidplus condstore qresync acl quota metadata sort thread=references);
is($imap->state(), Mail::IMAPTalk::Authenticated, 'state');
is($imap->namespace()->[0][0][1], '/', 'namespace');
ok($imap->id(name => 'imaptalk', version => '1'), 'id');

# Mailboxes.
ok($imap->create('Lists'), 'create');
ok($imap->create('Lists/Perl'), 'create');
ok(!$imap->create('Lists/Perl'), 'create again');
ok($imap->rename('Lists/Perl', 'Lists/Raku'), 'rename');
ok($imap->subscribe('Lists/Raku'), 'subscribe');
is(scalar(grep { $_->[2] eq 'Lists/Raku' } @{ $imap->lsub('', '*') }), 1, 'lsub');
ok($imap->unsubscribe('Lists/Raku'), 'unsubscribe');
is(scalar(grep { $_->[2] eq 'Lists/Raku' } @{ $imap->list('', '*') }), 1, 'list');

# Messages in.
for my $name (qw(one two three)) {
    ok($imap->append('INBOX', '(\Seen)', ' 7-Feb-2022 21:52:25 +0100', { Literal => message($name) }), 'append');
}
is($imap->get_response_code('appenduid')->[1], 3, 'appenduid');
is($imap->message_count('INBOX'), 3, 'message_count');
is($imap->status('INBOX', '(messages unseen)')->{messages}, 3, 'status');
my $many = $imap->multistatus('(messages uidnext)', 'INBOX', 'Lists/Raku');
is($many->{'Lists/Raku'}{messages}, 0, 'multistatus');
is($many->{INBOX}{uidnext}, 4, 'multistatus');

# Reading.
is($imap->examine('INBOX'), 'read-only', 'examine');
ok($imap->unselect(), 'unselect');
is($imap->select('INBOX'), 'read-write', 'select');
is($imap->get_response_code('exists'), 3, 'exists');
is($imap->get_response_code('uidnext'), 4, 'uidnext');
is(join(' ', @{ $imap->search('1:*', 'subject', { Quote => 'two' }) }), '2', 'search');
is(scalar @{ $imap->search('1:*', 'unseen') }, 0, 'search for nothing');
my $message = $imap->fetch('2', '(envelope bodystructure flags rfc822.size internaldate body.peek[])')->{2};
is($message->{envelope}{Subject}, 'two', 'envelope');
is($message->{envelope}{From}, '"Bob" <bob@example.com>', 'envelope');
ok($message->{envelope}{To} =~ /"Alice A\." <alice\@example\.org>.*a\@b\.c/, 'envelope with a group');
is($message->{body}, message('two'), 'body');
is($message->{'rfc822.size'}, length message('two'), 'size');
my $structure = $message->{bodystructure};
is($structure->{'MIME-Subtype'}, 'mixed', 'structure');
my $part = Mail::IMAPTalk::get_body_part($structure, '2');
is($part->{'Disposition-Type'}, 'attachment', 'get_body_part');
is($part->{'Content-Disposition'}{filename}, 'page.html', 'get_body_part');
my $found = Mail::IMAPTalk::find_message($structure);
is($found->{text}{'IMAP-Partnum'}, '1', 'find_message');
is($imap->fetch('2', "body[$found->{text}{'IMAP-Partnum'}]")->{2}{body}, "Text of two.", 'part');
is(flags(3), '\Recent \Seen', 'fetch_flags');
is($imap->fetch_meta('1:*', 'rfc822.size')->{3}{'rfc822.size'}, length message('three'), 'fetch_meta');

# Orders.
is(join(' ', @{ $imap->sort('(subject)', 'utf-8', 'all') }), '1 3 2', 'sort');
is(join(' ', @{ $imap->sort('(reverse subject)', 'us-ascii', 'not', 'subject', { Quote => 'one' }) }), '2 3', 'sort');
for my $algorithm (qw(orderedsubject references refs)) {
    my @threads = @{ $imap->thread(uc $algorithm, 'utf-8', 'all') };
    is(scalar @threads, 3, "thread $algorithm");
    is(join(' ', sort map { ref ? @$_ : $_ } @threads), '1 2 3', "thread $algorithm");
}

# Rights, quota and metadata.
is($imap->myrights('INBOX')->[-1], 'lrswipkxteancd', 'myrights');
ok($imap->setacl('INBOX', 'anyone', 'lrs'), 'setacl');
ok($imap->setacl('INBOX', 'anyone', '-s'), 'setacl');
my %acl = @{ $imap->getacl('INBOX') };
is($acl{anyone}, 'lr', 'getacl');
is($acl{$user}, 'lrswipkxteancd', 'getacl');
ok($imap->deleteacl('INBOX', 'anyone'), 'deleteacl');
is(scalar @{ $imap->getacl('INBOX') }, 2, 'getacl after deleteacl');
my $root = $imap->getquotaroot('INBOX');
is($root->{quotaroot}[1], "#user/$user", 'getquotaroot');
is(join(' ', @{ $root->{"#user/$user"} }[0, 2]), 'MAILBOX 10000', 'getquotaroot');
is(join(' ', ($imap->getquota("#user/$user"))[0, 2]), 'MAILBOX 10000', 'getquota');
ok(!$imap->setquota("#user/$user", '(STORAGE 1)'), 'setquota by a user');
ok($imap->setmetadata('INBOX', '/private/comment', 'My mail'), 'setmetadata');
ok($imap->setmetadata('INBOX', '/shared/comment', 'Line 1\nLine "2"', '/private/vendor/x/y', 'deep'), 'setmetadata of two');
# The module writes INBOX as Inbox here.
is($imap->getmetadata('INBOX', '/private/comment')->{Inbox}{'/private/comment'}, 'My mail', 'getmetadata');
is($imap->getmetadata('INBOX', { depth => 'infinity' }, '/private/vendor')->{Inbox}{'/private/vendor/x/y'}, 'deep', 'getmetadata in depth');
my $values = $imap->multigetmetadata(['/private/comment', '/shared/comment'], 'Inbox', 'Lists/Raku');
is($values->{Inbox}{'/shared/comment'}, 'Line 1\nLine "2"', 'multigetmetadata');
ok($imap->getmetadata('', '/shared/comment'), 'getmetadata of the server');

# Changes.
ok($imap->store('1', '+flags', '(\Flagged $Work)'), 'store');
is(flags(1), '$Work \Flagged \Recent \Seen', 'flags');
ok($imap->copy('1:2', 'Lists/Raku'), 'copy');
is($imap->get_response_code('copyuid')->[2], '1:2', 'copyuid');
ok($imap->move('3', 'Lists/Raku'), 'move');
is($imap->message_count('Lists/Raku'), 3, 'after copy and move');
ok($imap->store('1:2', '+flags', '(\Deleted)'), 'store');
ok($imap->uidexpunge('2'), 'uidexpunge');
is(join(' ', @{ $imap->search('1:*', 'all') }), '1', 'after uidexpunge');
ok($imap->expunge(), 'expunge');
is(scalar @{ $imap->search('1:*', 'all') }, 0, 'after expunge');
ok($imap->check(), 'check');
ok($imap->noop(), 'noop');

# Sequence numbers, and names in UTF-7 as the module writes them.
$imap->set_unicode_folders(1);
ok($imap->create("Entw\x{fc}rfe & \x{30c6}"), 'create');
is(scalar(grep { $_->[2] eq "Entw\x{fc}rfe & \x{30c6}" } @{ $imap->list('', '*') }), 1, 'list in UTF-7');
$imap->select('Lists/Raku');
$imap->uid(0);
is(join(' ', @{ $imap->search('1:*', 'all') }), '1 2 3', 'search by sequence number');
is($imap->fetch('3', 'uid')->{3}{uid}, 3, 'fetch by sequence number');
ok($imap->store('3', '-flags.silent', '(\Seen)'), 'store by sequence number');
$imap->uid(1);

# News while it waits.
my $other = connection();
my @events;
ok($imap->idle(sub {
    push @events, lc $_[0];
    return 1;
}, 0) || 1, 'idle without waiting');
ok($other->append('Lists/Raku', { Literal => message('news') }), 'append');
ok($imap->idle(sub { push @events, "@_"; return 1 }, 300) || 1, 'idle');
ok($imap->noop(), 'noop after idle');
is(scalar @{ $imap->search('1:*', 'all') }, 4, 'news');
ok($other->logout(), 'logout');

ok($imap->enable('condstore'), 'enable');
ok($imap->close(), 'close');
ok($imap->delete('Lists/Raku'), 'delete');
ok(!$imap->select('Lists/Raku'), 'select of what is not there');
ok($imap->logout(), 'logout');
ok(!Mail::IMAPTalk->new(UseBlocking => 1, Server => 'localhost', Port => $port, UseSSL => 1, SSL_ca_file => $ca,
        Username => $user, Password => 'wrong'), 'a wrong password');
print "Mail::IMAPTalk $Mail::IMAPTalk::VERSION: $checks checks\n";
