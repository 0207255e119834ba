"""Credentials that their form gives away: keys, tokens, private keys, connection strings, device settings.

The forms are those that services document; many were first collected by Yelp's detect-secrets (Apache-2.0),
whose rules for false alarms are kept too: an example of a documentation is no secret. Each pattern captures
the secret itself, so that the rest of its line stays readable when it is masked. Before each stand plain
words in small letters, one of which a text with such a credential has: most texts have none.
"""

from __future__ import annotations

import re

_S = r"[^\s\"'`<>,;]"

FORMATS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (gate, re.compile(pattern))
    for gates, pattern in (
        (
            "private key",
            r"(-----BEGIN (?:[A-Z0-9]{2,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----"
            r"(?=[^-]{0,400}?[A-Za-z0-9+/=]{16})[^-]{10,6000})",
        ),
        ("age-secret-key", r"(AGE-SECRET-KEY-1[0-9A-Z]{20,80})"),
        ("akia|asia|abia|acca", r"(?<![A-Za-z0-9])((?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16})(?![A-Za-z0-9])"),
        ("aws", r"(?i)aws.{0,20}?secret.{0,20}?[:=]\s{0,3}[\"']?([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+])"),
        (
            "ghp_|gho_|ghu_|ghs_|ghr_|github_pat_",
            r"(?<![A-Za-z0-9])((?:ghp|gho|ghu|ghs|ghr)_[A-Za-z0-9]{20,80}|github_pat_[A-Za-z0-9_]{20,90})",
        ),
        (
            "glpat-|gldt-|glrt-|glptt-|glsoat-|glagent-|glcbt-|glimt-|gloas-|glft-",
            r"(?<![A-Za-z0-9])(gl(?:pat|dt|rt|ptt|soat|agent|cbt|imt|oas|ft)-[A-Za-z0-9_\-]{12,60})",
        ),
        ("xox|xapp-", r"(?<![A-Za-z0-9])(xox[abeoprs]-[A-Za-z0-9\-]{10,120}|xapp-\d-[A-Za-z0-9\-]{10,120})"),
        ("://hook", r"https?://hooks?\.[\w.\-]{3,60}/((?:services/)?[A-Za-z0-9/_\-]{12,120})"),
        (
            "pass=|pwd=|mdp=|key=|token=|secret=|sig=",
            r"(?i)[?&](?:pass(?:word|wd)?|pwd|mdp|(?:api_?)?key|(?:access_?)?token|secret|sig)="
            r"((?=[^&\s]{0,80}\d)[^&\s\"'<>{}]{6,200})",
        ),
        ("jdbc:oracle", r"(?i)jdbc:oracle:\w{2,6}:[^\s/@:]{1,40}/([^\s@/]{3,80})@"),
        (
            "key",
            r"(?i)\b(?:radius|tacacs|isakmp|ntp|ospf|bgp)\b(?:-server)?[^\n]{0,60}?\skey\s(?:[0-9]\s)?(?!chain)"
            r"(\S{4,80})",
        ),
        ("/user:", r"(?i)\bnet\suse\b[^\n]{0,80}/user:\S{1,60}\s(?!/)(\S{5,80})"),
        (
            "totp|graine|seed",
            r"(?i:\b(?:totp|graine|seed)\b)[^\n]{0,40}?\b((?:[A-Z2-7]{4}\s){3,15}[A-Z2-7]{4})\b",
        ),
        ("-", r"(\d(?<![\d\-].)\d{5}-(?:\d{6}-){6}\d{6})(?![\d\-])"),
        ("-", r"([0-9A-F](?<![\w\-].)[0-9A-F]{3}-(?:[0-9A-F]{4}-){4,11}[0-9A-F]{4})(?![\w\-])"),
        (
            "mosquitto|snmp|smbclient|ldapsearch",
            r"\b(?:mosquitto_(?:sub|pub)|snmp(?:set|get|walk|bulkget)|smbclient|ldapsearch)\b[^\n]{0,120}?\s-[Ppwc]\s"
            r"[\"']?([^\s\"']{4,80})",
        ),
        (
            "sk_live|sk_test|rk_live|rk_test|whsec_",
            r"(?<![A-Za-z0-9])((?:sk|rk)_(?:live|test)_[A-Za-z0-9]{10,120}|whsec_[A-Za-z0-9]{16,80})",
        ),
        ("sk-", r"(?<![A-Za-z0-9])(sk-(?:ant-|proj-|or-)?[A-Za-z0-9_\-]{20,200})"),
        ("aiza|gocspx-", r"(?<![A-Za-z0-9])(AIza[A-Za-z0-9_\-]{30,45}|GOCSPX-[A-Za-z0-9_\-]{20,40})"),
        ("sg.", r"(?<![A-Za-z0-9])(SG\.[A-Za-z0-9_\-]{16,40}\.[A-Za-z0-9_\-]{20,60})"),
        (
            "npm_|pypi-|dop_v1_",
            r"(?<![A-Za-z0-9])(npm_[A-Za-z0-9]{30,50}|pypi-[A-Za-z0-9_\-]{30,250}|dop_v1_[a-f0-9]{30,80})",
        ),
        (
            "hf_|hvs.|key-",
            r"(?<![A-Za-z0-9])(hf_[A-Za-z0-9]{24,50}|hvs\.[A-Za-z0-9_\-]{20,120}|key-[a-f0-9]{32})(?![A-Za-z0-9])",
        ),
        (":aa", r"(?<![A-Za-z0-9])(\d{8,10}:AA[A-Za-z0-9_\-]{30,40})(?![A-Za-z0-9])"),
        (
            "eyj",
            r"(?<![A-Za-z0-9])(eyJ[A-Za-z0-9_\-]{8,1000}\.eyJ[A-Za-z0-9_\-]{4,2000}(?:\.[A-Za-z0-9_\-]{4,1000})?)",
        ),
        ("authorization", rf"(?i)\bauthorization\s?:\s?(?:bearer|basic|token|apikey)\s({_S}{{8,400}})"),
        ("key|token", rf"(?i)\b(?:x-)?(?:api|auth|access)[-_]?(?:key|token)\s?:\s?({_S}{{8,200}})"),
        (
            "cookie",
            r"(?i)\b(?:set-)?cookie\s?:\s?([^\n]{0,80}?[A-Za-z_.\-]{2,40}=[A-Za-z0-9%+/_.\-*=]{10,300})",
        ),
        (
            "sess|sid=|csrf",
            r"(?i)\b(?:jsessionid|phpsessid|sessionid|session_id|sid|csrftoken)=([A-Za-z0-9%+/_.\-]{10,200})",
        ),
        ("://", r"://(?<=[a-z0-9+.\-]...)[^\s:/@\"'<>]{0,60}:([^\s@/\"'<>]{3,120})@[A-Za-z0-9.\[\-]"),
        ("pwd|passw", r"(?i)\b(?:pwd|password|passwd)\s?=\s?([^\s;\"'<>]{3,80})\s?;"),
        (
            "accountkey|sharedaccess",
            r"(?i)\b(?:accountkey|sharedaccesskey|sharedaccesssignature)=([A-Za-z0-9+/=%&]{16,200})",
        ),
        ("otpauth", r"(?i)otpauth://[a-z]{1,10}/[^\s?]{0,120}\?[^\s]{0,60}?secret=([A-Z2-7]{8,80})"),
        ("snmp-server", r"(?i)\bsnmp-server\s(?:community|user)\s(?!public\b)(\S{3,80})"),
        (
            "community",
            r"(?i)\b(?:rocommunity|rwcommunity|community(?:[ _]string)?)[ \t]{1,3}[:=]?[ \t]?[\"']?"
            r"((?=\w{0,40}[\d_!#@])[A-Za-z0-9_!#@$\-]{5,60})",
        ),
        (
            "psk|shared|passphrase|key",
            r"(?i)\b(?:pre-?shared-?key|\bpsk|wpa[-_]?passphrase|wpa[-_]?psk|ike-?key)(?:\s(?:ascii-text|local|remote|0|6))?"
            rf"[\s:=]{{1,4}}[\"']?({_S}{{5,100}})",
        ),
        (
            "secret|password",
            r"(?i)\b(?:enable|username\s\S{1,40})\s(?:privilege\s\d{1,2}\s)?(?:secret|password)\s(?:\d\s)?"
            r"((?=\S{0,99}[\d!#$%&*@])\S{4,100})",
        ),
        ("$", r"(\$(?:apr1|1|2[aby]|5|6|y|argon2id?)\$[A-Za-z0-9./$=,+]{20,200})"),
        ("{", r"(?i)^[\w.\-]{2,40}:(\{(?:ssha|sha|md5|crypt)\}[A-Za-z0-9+/=]{16,120})"),
        (
            "sshpass|curl|wget|mysql|psql|net use|nmcli|htpasswd",
            r"(?i)\b(?:sshpass|curl|wget|mysql(?:dump|admin)?|psql|net use|nmcli|htpasswd)\b[^\n]{0,120}?\s"
            r"(?:-p\s?|--?password[= ]|password\s|-u\s\S{1,40}:)[\"']?([^\s\"']{4,80})",
        ),
        (
            "-key|-secret|-token|-passw",
            r"(?i)\s--?(?:account|api|secret|access|client)-(?:key|secret|token|password)[= ][\"']?"
            r"([^\s\"']{8,200})",
        ),
        (
            "api",
            r"(?i)\b(?:api[ _\-]?keys?|cles?\s(?:d'|de\sl')?api)\b[^\n]{0,50}?[\s:=«\"']"
            r"([0-9a-f]{24,64})(?![0-9a-f])",
        ),
        ("securestring", r"(?i)convertto-securestring\s(?:-string\s)?[\"']([^\"'\n]{4,80})[\"']"),
        (
            "secours|recup|recovery|backup",
            r"(?i)\b(?:codes?\sde\s(?:secours|recuperation)|(?:recovery|backup)\scodes?)\b[^\n]{0,70}?\s{0,3}"
            r"\b((?:[0-9A-Za-z]{4,6}[- ][0-9A-Za-z]{4,6}[\s,;/]{0,3}){2,16})",
        ),
        ("openvpn static", r"(?i)-----BEGIN OpenVPN Static key V1-----([^-]{20,3000})"),
    )
    for gate in gates.split("|")
)
