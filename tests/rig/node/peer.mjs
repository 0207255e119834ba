// Matrix users for tests, on matrix-js-sdk with its Rust crypto: an implementation that shares nothing
// with the bot's. One process plays many users.
//
// JSON lines on stdin:  {"id": 1, "user": "@a:x" | null, "method": "…", "params": {…}}
// JSON lines on stdout: {"id": 1, "result": …} | {"id": 1, "error": "…"} | {"changed": "@a:x"}
// `changed` says that something of this user's view is new: ask `view` again. It is said at most once
// per turn of the event loop. All state is in memory: a user who logs in again is on a new device.

import { createHash, randomBytes, webcrypto } from "node:crypto";
import { createInterface } from "node:readline";

import * as sdk from "matrix-js-sdk";
import {
    AllDevicesIsolationMode, CryptoEvent, DecryptionFailureCode, OnlySignedDevicesIsolationMode,
} from "matrix-js-sdk/lib/crypto-api/index.js";

console.log = console.info = console.debug = console.warn = () => {}; // the SDK writes on stdout too
const silent = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, getChild: () => silent };
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const log = (...words) => process.stderr.write(`${words.join(" ")}\n`);

const clients = new Map(); // user id → client
const typed = new Map(); // user id → [{ room, user, typing }], every change in order

// --- what a person sees ---------------------------------------------------------------------------

function dumpEvent(event) {
    const relation = event.getWireContent()["m.relates_to"] ?? event.getContent()["m.relates_to"] ?? null;
    return {
        id: event.getId(),
        sender: event.getSender(),
        type: event.getType(),
        at: event.getTs() / 1000,
        encrypted: event.isEncrypted(),
        failure: event.isDecryptionFailure() ? (event.decryptionFailureReason ?? "unknown") : null,
        redacted: event.isRedacted(),
        state_key: event.getStateKey() ?? null,
        content: event.getContent(),
        original: event.getOriginalContent(),
        wire: event.getWireContent(),
        relation,
        edited_by: event.replacingEventId() ?? null,
    };
}

function dumpRoom(client, room) {
    const events = room.getLiveTimeline().getEvents().filter((event) => event.status === null);
    return {
        membership: room.getMyMembership(),
        encrypted: room.hasEncryptionStateEvent(),
        version: room.getVersion(),
        members: Object.fromEntries(room.getMembers().map((member) => [member.userId, member.membership])),
        typing: room.getMembers().filter((member) => member.typing).map((member) => member.userId),
        typed: typed.get(client.getUserId()).filter((change) => change.room === room.roomId),
        read: Object.fromEntries(
            room.getMembers().map((member) => [member.userId, room.getEventReadUpTo(member.userId, true)]),
        ),
        events: events.map(dumpEvent),
    };
}

function watch(client, user) {
    let pending = false;
    const changed = () => {
        if (pending) return;
        pending = true;
        setImmediate(() => {
            pending = false;
            say({ changed: user });
        });
    };
    client.on(sdk.RoomMemberEvent.Typing, (_event, member) => {
        typed.get(user).push({ room: member.roomId, user: member.userId, typing: member.typing });
    });
    for (const name of [
        sdk.ClientEvent.Sync,
        sdk.ClientEvent.Room,
        sdk.RoomEvent.Timeline,
        sdk.RoomEvent.LocalEchoUpdated,
        sdk.RoomEvent.MyMembership,
        sdk.RoomEvent.Receipt,
        sdk.RoomEvent.Redaction,
        sdk.RoomMemberEvent.Membership,
        sdk.RoomMemberEvent.Typing,
        sdk.MatrixEventEvent.Decrypted,
        sdk.MatrixEventEvent.Replaced,
    ]) {
        client.on(name, changed);
    }
    client.on(CryptoEvent.DevicesUpdated, () => readAgain(client));
}

// A message may come before its sender's device is known: the SDK refuses it, and reads it where it is opened anew.
function readAgain(client) {
    for (const event of client.getRooms().flatMap((room) => room.getLiveTimeline().getEvents())) {
        if (event.decryptionFailureReason === DecryptionFailureCode.UNKNOWN_SENDER_DEVICE) {
            void event.attemptDecryption(client.getCrypto(), { isRetry: true });
        }
    }
}

// --- attachments: Matrix specification, "Sending encrypted attachments" -----------------------------

const base64 = (bytes) => Buffer.from(bytes).toString("base64").replace(/=+$/, "");

async function encryptAttachment(plain) {
    const iv = new Uint8Array(16); // the lower half counts blocks and starts at 0
    iv.set(randomBytes(8));
    const key = await webcrypto.subtle.generateKey({ name: "AES-CTR", length: 256 }, true, ["encrypt", "decrypt"]);
    const data = Buffer.from(await webcrypto.subtle.encrypt({ name: "AES-CTR", counter: iv, length: 64 }, key, plain));
    const { k } = await webcrypto.subtle.exportKey("jwk", key);
    return {
        data,
        file: {
            v: "v2",
            key: { alg: "A256CTR", ext: true, k, key_ops: ["encrypt", "decrypt"], kty: "oct" },
            iv: base64(iv),
            hashes: { sha256: base64(createHash("sha256").update(data).digest()) },
        },
    };
}

async function decryptAttachment(data, file) {
    if (base64(createHash("sha256").update(data).digest()) !== file.hashes.sha256) throw new Error("hash mismatch");
    const key = await webcrypto.subtle.importKey("jwk", file.key, { name: "AES-CTR" }, false, ["decrypt"]);
    const counter = Buffer.from(file.iv, "base64");
    return Buffer.from(await webcrypto.subtle.decrypt({ name: "AES-CTR", counter, length: 64 }, key, data));
}

async function upload(client, data, type) {
    const answer = await client.uploadContent(new Blob([data]), { type, includeFilename: false });
    return answer.content_uri;
}

async function roomOf(client, id, suits = () => true) {
    for (let tries = 0; tries < 5000; tries += 1) {
        const room = client.getRoom(id);
        if (room && suits(room)) return room;
        await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`${client.getUserId()} does not know ${id}`);
}

// --- methods ---------------------------------------------------------------------------------------

const methods = {
    async login(_client, { baseUrl, name, password, crossSigning, key }) {
        const anonymous = sdk.createClient({ baseUrl, logger: silent });
        const login = await anonymous.loginRequest({
            type: "m.login.password",
            identifier: { type: "m.id.user", user: name },
            password,
        });
        const client = sdk.createClient({
            baseUrl,
            logger: silent,
            userId: login.user_id,
            deviceId: login.device_id,
            accessToken: login.access_token,
            cryptoCallbacks: { getSecretStorageKey: async () => null },
        });
        await client.initRustCrypto({ useIndexedDB: false });
        if (crossSigning) {
            await client.getCrypto().bootstrapCrossSigning({
                setupNewCrossSigning: true,
                authUploadDeviceSigningKeys: (request) =>
                    request({
                        type: "m.login.password",
                        identifier: { type: "m.id.user", user: login.user_id },
                        password,
                    }),
            });
        }
        typed.set(login.user_id, []);
        watch(client, key ?? login.user_id);
        const synced = new Promise((resolve) => {
            client.on(sdk.ClientEvent.Sync, (state) => state === "PREPARED" && resolve());
        });
        await client.startClient({ initialSyncLimit: 50, threadSupport: false });
        await synced;
        clients.set(key ?? login.user_id, client);
        return { user: login.user_id, device: login.device_id, token: login.access_token };
    },

    async view(client, { room }) {
        const known = client.getRoom(room);
        return known ? dumpRoom(client, known) : null;
    },

    async rooms(client) {
        return Object.fromEntries(client.getRooms().map((room) => [room.roomId, room.getMyMembership()]));
    },

    async createRoom(client, { options }) {
        const { room_id: id } = await client.createRoom(options);
        await roomOf(client, id);
        return id;
    },

    async join(client, { room, via }) {
        await client.joinRoom(room, { viaServers: via });
        await roomOf(client, room, (known) => known.getMyMembership() === "join"); // synced: its state is known
        return null;
    },

    async invite(client, { room, user }) {
        await client.invite(room, user);
        return null;
    },

    async leave(client, { room }) {
        await client.leave(room);
        return null;
    },

    async send(client, { room, type, content }) {
        await roomOf(client, room);
        return (await client.sendEvent(room, null, type, content)).event_id;
    },

    async state(client, { room, type, key, content }) {
        return (await client.sendStateEvent(room, type, content, key)).event_id;
    },

    async redact(client, { room, event }) {
        return (await client.redactEvent(room, event)).event_id;
    },

    async sendFile(client, { room, name, type, data, relation }) {
        const known = await roomOf(client, room);
        const plain = Buffer.from(data, "base64");
        const content = { msgtype: "m.file", body: name, filename: name, info: { mimetype: type, size: plain.length } };
        if (known.hasEncryptionStateEvent()) {
            const { data: cipher, file } = await encryptAttachment(plain);
            content.file = { ...file, url: await upload(client, cipher, "application/octet-stream") };
        } else {
            content.url = await upload(client, plain, type);
        }
        if (relation) content["m.relates_to"] = relation;
        return (await client.sendEvent(room, null, "m.room.message", content)).event_id;
    },

    async download(client, { room, event }) {
        const content = (await roomOf(client, room)).findEventById(event).getContent();
        const source = content.file?.url ?? content.url;
        const url = client.mxcUrlToHttp(source, undefined, undefined, undefined, false, true, true);
        const answer = await fetch(url, { headers: { Authorization: `Bearer ${client.getAccessToken()}` } });
        if (!answer.ok) throw new Error(`download: ${answer.status} ${await answer.text()}`);
        const data = Buffer.from(await answer.arrayBuffer());
        return (content.file ? await decryptAttachment(data, content.file) : data).toString("base64");
    },

    async typing(client, { room, on }) {
        await client.sendTyping(room, on, 10000);
        return null;
    },

    async backfill(client, { room, limit }) {
        await client.scrollback(await roomOf(client, room), limit);
        return null;
    },

    async excludeUnsigned(client, { on }) {
        client
            .getCrypto()
            .setDeviceIsolationMode(on ? new OnlySignedDevicesIsolationMode() : new AllDevicesIsolationMode(false));
        return null;
    },

    async forgetSession(client, { room }) {
        await client.getCrypto().forceDiscardSession(room);
        return null;
    },

    // Sign another device of one's own, as after a verification.
    async signDevice(client, { device }) {
        await client.getCrypto().getUserDeviceInfo([client.getUserId()], true);
        await client.getCrypto().crossSignDevice(device);
        return null;
    },

    // Of each device of a user: has its owner signed it?
    async devices(client, { user }) {
        const crypto = client.getCrypto();
        const devices = (await crypto.getUserDeviceInfo([user], true)).get(user) ?? new Map();
        const signed = {};
        for (const device of devices.keys()) {
            signed[device] = (await crypto.getDeviceVerificationStatus(user, device))?.signedByOwner ?? false;
        }
        return signed;
    },

    // The client-server API itself, for what has no method here.
    async request(client, { method, path, query, body }) {
        return await client.http.authedRequest(method, path, query ?? undefined, body ?? undefined, { prefix: "" });
    },

    async reconnect(client) {
        client.retryImmediately();
        return null;
    },

    async leaveAll() {
        for (const client of clients.values()) client.stopClient();
        clients.clear();
        return null;
    },

    async stop(client) {
        client.stopClient();
        clients.delete(client.getUserId());
        return null;
    },
};

async function answer({ id, user, method, params }) {
    try {
        const client = user === null ? null : clients.get(user);
        if (client === undefined) throw new Error(`${user} is not logged in`);
        say({ id, result: (await methods[method](client, params)) ?? null });
    } catch (error) {
        const code = error.errcode ? `${error.errcode}: ` : "";
        say({ id, error: `${code}${error.data?.error ?? error.message}` });
        if (!error.errcode) log(error.stack);
    }
}

process.on("unhandledRejection", (error) => log("unhandled:", error?.stack ?? error));
createInterface({ input: process.stdin }).on("line", (line) => answer(JSON.parse(line)));
process.stdin.on("end", () => process.exit(0));
