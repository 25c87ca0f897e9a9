// The example documents of the menu: a plain list, in the order shown. The build writes it to examples.json, for the page.
// Each entry: title (Japanese – English), query, variables (an object, or null where the document takes none).
// Comment lines of about 50 columns fit the editor. Run `make graphiql` after a change.

export const examples = [
  {
    title: '自分と権限 – Who am I, and what may I see?',
    query: `# ログイン者の情報と、操作ごとに見える範囲です。
# The person behind the access token,
# and how far each operation reaches for them.
# 実行 / run: Ctrl+Enter
query Viewer {
  viewer {
    uid
    privileges # 権限
    staff { # スタッフとして
      lastName # 姓
      firstName # 名
    }
    student { # 生徒として
      lastName
      firstName
    }
    accessMatrix {
      operation # 操作
      reach # 範囲
      why # 理由
    }
  }
}
`,
    variables: null,
  },
  {
    title: '組織の一覧 – Organizations and their campuses',
    query: `# 親組織(予備校)と子組織(校舎)の一覧です。
# Parent organizations (a cram school)
# with their children (its campuses).
query Organizations {
  organizations(first: 20) {
    totalCount # 件数
    nodes {
      code # 組織コード
      name # 組織名
      children {
        code
        name
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
`,
    variables: null,
  },
  {
    title: '一つの校舎 – One campus: sections, groups, students',
    query: `# 組織コードで校舎を一つ選び、
# 所属・グループ・生徒を一度に読みます。
# One organization by its code, with its sections,
# groups and students, in one request.
query Organization($code: String!) {
  organization(code: $code) {
    code
    name
    sections(first: 50) { # 所属
      nodes {
        code
        name
      }
    }
    groups(first: 50) { # グループ
      nodes {
        code
        name
      }
    }
    students(first: 10) { # 生徒
      totalCount
      nodes {
        uid
        code
        lastName
        firstName
      }
    }
  }
}
`,
    variables: { code: 'kakehashi-ueno' },
  },
  {
    title: '生徒の一覧 – Students, page by page',
    query: `# 生徒の一覧です。次のページは、endCursor の値を
# 変数 after に入れて読みます。
# Students with grade, school, section and group.
# For the next page, put the value of endCursor
# into the variable "after".
query Students($organizationCode: String, $first: Int, $after: String) {
  students(
    organizationCode: $organizationCode
    first: $first
    after: $after
    orderBy: { field: CODE, direction: ASC } # 生徒コード順
  ) {
    totalCount
    nodes {
      uid
      code
      lastName
      firstName
      lastNameKana
      firstNameKana
      dateOfBirth # 生年月日
      schoolGrade { # 学年
        value
        name
      }
      school { # 学校
        code
        name
        prefecture {
          name
        }
      }
      sections { # 所属
        code
        name
      }
      groups { # グループ
        code
        name
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
`,
    variables: { organizationCode: 'kakehashi-ueno', first: 20, after: null },
  },
  {
    title: '生徒を探す – Find students by name, kana or grade',
    query: `# 名前・カナ・コードで探します。ひらがな・カタカナ、
# 半角・全角のどれで書いても同じ結果です。
# Search folds hiragana, katakana, width and case:
# "かとう" finds カトウ.
# kanaGroup K: 姓のカナがカ行・ガ行で始まる生徒
# (family names that begin with か…こ or が…ご).
query FindStudents($filter: StudentFilter) {
  students(filter: $filter, orderBy: { field: LAST_NAME, direction: ASC }, first: 20) {
    totalCount
    nodes {
      code
      lastName
      firstName
      lastNameKana
      firstNameKana
      schoolGrade {
        name
      }
      organization {
        name
      }
    }
  }
}
`,
    variables: { filter: { keyword: 'かとう', kanaGroup: 'K', excludeDemo: false } },
  },
  {
    title: '生徒一人 – One student by uid',
    query: `# uid で生徒を一人選びます。
# One student by uid
# (the subject of their Auth0 account).
query Student($uid: String!) {
  student(uid: $uid) {
    uid
    code
    lastName
    firstName
    dateOfBirth # 生年月日
    schoolGrade {
      value
      name
    }
    school {
      code
      name
      prefecture {
        name
      }
    }
    organization {
      code
      name
    }
  }
}
`,
    variables: { uid: 'auth0|demo-u001' },
  },
  {
    title: '授業パッケージと進み具合 – Lesson packages and latest progress',
    query: `# 生徒ごとの講座・授業パッケージと、最後に学習した日時です。
# Each student's courses and lesson packages,
# with the time of the latest progress.
query Progress($organizationCode: String) {
  students(organizationCode: $organizationCode, first: 20) {
    nodes {
      uid
      lastName
      firstName
      courses { # 講座
        code
        name
        lessonPackages { # 授業パッケージ
          code
          seq
          latestProgress { # 最新の利用実績
            createdAt
          }
        }
      }
    }
  }
}
`,
    variables: { organizationCode: 'kakehashi-ueno' },
  },
  {
    title: '講座と授業パッケージ – Courses and their lesson packages',
    query: `# 講座を、科目・レベル・授業パッケージとともに
# 読みます。
# Courses with subject, level and lesson packages.
query Courses($keyword: String) {
  courses(first: 20, filter: { keyword: $keyword }) {
    nodes {
      code
      name
      subject { # 科目
        key
        name
      }
      level { # レベル
        key
        name
      }
      lessonPackages { # 授業パッケージ
        code
        name
        seq
      }
    }
  }
}
`,
    variables: { keyword: '中級' },
  },
  {
    title: '学校を探す – Find schools in a prefecture',
    query: `# 都道府県コードと学校名の一部で探します
# (1 は北海道)。
# Schools by part of their name
# and by prefecture code (1 is Hokkaido).
query Schools($name: String, $prefectureCode: String) {
  schools(name: $name, prefectureCode: $prefectureCode, first: 20) {
    nodes {
      code
      name
      nameKana
      prefecture {
        code
        name
      }
    }
  }
}
`,
    variables: { name: '札幌', prefectureCode: '1' },
  },
  {
    title: 'お知らせ – Notices',
    query: `# 公開中のお知らせを、新しい順に読みます。
# system: ADMIN (管理)・LMS (学習)・COACHING (指導)
# Notices that are open now, newest first,
# for one of the three systems.
query Notices($organizationCode: String!) {
  informations(system: LMS, organizationCode: $organizationCode, first: 10) {
    nodes {
      title
      content
      openAt # 公開日時
      tags { # タグ
        key
        name
      }
    }
  }
}
`,
    variables: { organizationCode: 'kakehashi' },
  },
];
